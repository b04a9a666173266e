"""`secure-chat log export|search|delete`: the kept lines of a room, without the broker and without a window."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TextIO

from client.archive import Export, Search, as_text, new_file
from client.commands import Connect
from client.events import TextReceived
from client.log import LogLine
from client.log_request import LogRequest
from client.names import clean_name, clean_text
from client.store import Store
from client.target import AttemptFailed, Target, read_target
from common.crypto.keys import RoomKeys, device_fingerprint, stretch
from common.crypto.sealing import BodyOpener
from common.errors import BadSetting, SealBroken


def run(request: LogRequest) -> int:
    """Do it; returns the exit code: 0, or 1 for a search that found nothing. Raises `LocalError`."""
    if not request.state_folder.is_dir():
        raise BadSetting(f"There is no state folder {request.state_folder}: choose one by --state-dir.")
    with closing(Store(request.state_folder)) as store:
        if request.all_rooms:
            return _deleted(store.log_file().delete_all())
        keys = _keys(request, store)
        if request.what == "delete":
            return _deleted(store.log(keys.room_id).delete())
        return _search(request, store, keys) if request.what == "search" else _export(request, store, keys)


def _search(request: LogRequest, store: Store, keys: RoomKeys) -> int:
    search = Search(request.words, store.log(keys.room_id), _opener(keys))
    while (answer := search.step()) is None:
        pass
    sys.stdout.writelines(map(as_text, answer.lines))
    if answer.more:
        sys.stderr.write(f"secure-chat: these are the newest {len(answer.lines)}; there are older ones.\n")
    return 0 if answer.lines else 1


def _export(request: LogRequest, store: Store, keys: RoomKeys) -> int:
    lines = store.log(keys.room_id)
    out: TextIO
    if request.file == "-":
        out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    else:
        out = new_file(request.file)
    with out:
        export = Export(request.file, out, lines, _opener(keys))
        try:
            while (answer := export.step()) is None:
                pass
        except OSError as error:
            raise BadSetting(f"{request.file} cannot be written: {error.strerror}.") from error
    sys.stderr.write(f"secure-chat: lines written: {answer.count:,}\n")
    return 0


def _keys(request: LogRequest, store: Store) -> RoomKeys:
    """The room's keys, from what this computer knows of the broker."""
    try:
        target = read_target(Connect(request.server, "nobody", request.phrase))
    except AttemptFailed as error:
        raise BadSetting(str(error)) from error
    return stretch(target.phrase, _broker_key(target, store))


def _broker_key(target: Target, store: Store) -> bytes:
    key = store.pin(str(target.address)) or target.broker_key
    if key is None:
        raise BadSetting(f"This computer has never been in a room at {target.address}: there is no log of it.")
    return key


def _opener(keys: RoomKeys) -> Callable[[LogLine], TextReceived | None]:
    """Lines with the names that their senders had, since nobody is here to be told apart from."""
    opener = BodyOpener(keys)

    def open_line(line: LogLine) -> TextReceived | None:
        try:
            body = opener.open_post(line.token)
        except SealBroken:
            return None
        return TextReceived(
            "",
            device_fingerprint(body.device),
            clean_name(body.name),
            clean_text(body.content.text),
            line.seq,
            body.sent_at / 1000,
            own=False,
            late=True,
            copied_device=line.copied,
            epoch=line.epoch,
        )

    return open_line


def _deleted(count: int) -> int:
    sys.stdout.write(f"Lines deleted: {count:,}.\n")
    return 0
