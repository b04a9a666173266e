"""`secure-chat doctor`: one line for each check. The exit code is 1 where something failed; warnings leave it at 0."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from msgspec.structs import replace

from client.commands import Connect
from client.doctor.broker import Known, check_broker
from client.doctor.findings import Finding, Mark, as_text, in_short, skipped
from client.doctor.local import (
    check_clock,
    check_devices,
    check_state,
    check_urgency,
    check_versions,
    kernel_clock_state,
    urgency_allowed,
)
from client.doctor.request import DoctorRequest
from client.store import Store
from client.target import AttemptFailed, Target, read_target
from common.crypto.keys import lasting_connection_secret
from common.crypto.phrase import generate
from common.errors import BadSetting


def run(request: DoctorRequest) -> int:
    """Check everything, and tell each thing as soon as it is known. Raises `BadSetting` for a wrong address."""
    target = _target(request)
    marks = set()
    for finding in _findings(request, target):
        marks.add(finding.mark)
        line = json.dumps(asdict(finding), ensure_ascii=False) if request.json else as_text(finding)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    if not request.json:
        sys.stderr.write(f"{in_short(marks)}\n")
    return 1 if Mark.BAD in marks else 0


def _findings(request: DoctorRequest, target: Target | None) -> Iterator[Finding]:
    yield from check_versions()
    known = Known()

    def look(store: Store) -> None:
        nonlocal known
        secret = lasting_connection_secret(store.device_secret()) if request.lasting_key else None
        known = Known(None if target is None else store.pin(str(target.address)), secret)

    yield from check_state(request.state_folder, look)
    yield check_clock(datetime.now(UTC), kernel_clock_state())
    if target is None:
        yield skipped("broker", "say which one: --server HOST:PORT or --invite LINK")
    else:
        yield from check_broker(target, known)
    yield check_urgency(allowed=urgency_allowed())
    yield from check_devices(request.microphone, request.speaker)


def _target(request: DoctorRequest) -> Target | None:
    if not request.server:
        return None
    stand_in = generate(secrets.choice)  # no room is entered by it
    try:
        target = read_target(Connect(request.server, "doctor", request.phrase or stand_in))
    except AttemptFailed as error:
        raise BadSetting(str(error)) from error
    return replace(target, phrase="") if target.phrase == stand_in else target
