"""A private D-Bus with GNOME's keyring on it, unlocked, in a folder of its own: what desktops keep secrets in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, MatchRule, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NEEDED = "apt-get install gnome-keyring dbus-daemon"
PATIENCE = 60.0
_SERVICE = "org.freedesktop.secrets"
_COLLECTION = DBusAddress("/org/freedesktop/secrets", bus_name=_SERVICE, interface="org.freedesktop.Secret.Service")
# Without folders of services nothing is started by itself: no second keyring, none of the person who runs the tests.
_BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class SecretService:
    """Started on entering, ended on leaving. `environment` leads programs to it."""

    def __init__(self, folder: Path) -> None:
        # The folder is to be a short one: the path of a socket has 108 characters at most.
        self.folder = folder
        self._socket = folder / "bus"
        self._bus: subprocess.Popen[str] | None = None
        self._ring: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available() -> bool:
        """Whether its programs are installed."""
        return all(shutil.which(program) for program in ("dbus-daemon", "gnome-keyring-daemon"))

    def environment(self) -> dict[str, str]:
        folder = str(self.folder)
        here = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), folder)
        return {**here, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self._socket}"}

    def __enter__(self) -> SecretService:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        config = self.folder / "bus.conf"
        config.write_text(_BUS.format(socket=self._socket), encoding="utf-8")
        environment = {**os.environ, **self.environment()}
        environment.pop("DISPLAY", None)  # there is nobody to ask for a password
        with (self.folder / "log").open("wb") as log:
            self._bus = subprocess.Popen(
                ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            assert self._bus.stdout is not None
            assert self._bus.stdout.readline()  # it listens
            with open_dbus_connection(bus=f"unix:path={self._socket}") as connection:
                came = MatchRule(
                    type="signal",
                    interface=message_bus.interface,
                    member="NameOwnerChanged",
                    path=message_bus.object_path,
                )
                came.add_arg_condition(0, _SERVICE)
                connection.send_and_get_reply(message_bus.AddMatch(came), timeout=PATIENCE)
                with connection.filter(came) as queue:
                    self._ring = subprocess.Popen(
                        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
                        env=environment,
                        stdin=subprocess.PIPE,
                        stdout=log,
                        stderr=log,
                    )
                    assert self._ring.stdin is not None
                    self._ring.stdin.write(b"the password of the login")
                    self._ring.stdin.close()
                    connection.recv_until_filtered(queue, timeout=PATIENCE)

    def lock(self) -> None:
        """As a desktop does when its user goes away."""
        with open_dbus_connection(bus=f"unix:path={self._socket}") as connection:
            _ask(connection, "Lock", "ao", (["/org/freedesktop/secrets/collection/login"],))

    def __exit__(self, *_: object) -> None:
        for process in (self._ring, self._bus):
            if process is not None:
                process.kill()
                process.wait(PATIENCE)
                for stream in (process.stdin, process.stdout):
                    if stream is not None:
                        stream.close()


def _ask(connection: DBusConnection, what: str, signature: str, body: tuple[object, ...]) -> None:
    answer = connection.send_and_get_reply(new_method_call(_COLLECTION, what, signature, body), timeout=PATIENCE)
    assert HeaderFields.error_name not in answer.header.fields, answer.body
