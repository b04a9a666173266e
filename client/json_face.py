"""The session as lines of JSON, for programs (`--json`): one object a line in each direction. Pure.

The fields are the program's interface: docs/text-client.md lists them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from client import commands, events, json_commands
from client.faces import People
from client.ways_of_voice import LaneChanged, VoiceModeChanged


class JsonFace:
    """Commands and events are documented in docs/text-client.md."""

    def __init__(self) -> None:
        self._people = People()

    def command(self, line: str) -> commands.Command | list[str] | None:
        """A command, the lines that answer it at once, or None for an empty line. Raises `BadLine`."""
        if not line.strip():
            return None
        asked = json_commands.read(line)
        if asked["do"] == "members":
            return [_line("members", **_members(self._people))]
        return json_commands.command(asked)

    def complaint(self, message: str) -> str:
        """An `error` event with the code `bad_line`."""
        return _line("error", code="bad_line", message=message)

    def lines(self, event: events.Event) -> list[str]:
        """The event as JSON; [] for what only windows show."""
        self._people.note(event)
        return [_line(name, **fields) for name, fields in _told(event, self._people)]


def _line(event: str, **fields: object) -> str:
    text = json.dumps({"event": event, **fields}, ensure_ascii=False)
    return text.encode(errors="replace").decode()  # a path may hold half a surrogate pair, which no stream can write


def _about(person: events.Person, **fields: object) -> dict[str, object]:
    return {"name": person.name, "member": person.member, **fields}


def _members(people: People) -> dict[str, object]:
    return {
        "members": [person.name for person in people],
        "people": [
            _about(
                person,
                own=person.own,
                confirmed=person.confirmed,
                listening=person.listening,
                delay_ms=people.delay_ms(person),
                **_tuned(person),
            )
            for person in people
        ],
    }


def _tuned(person: events.Person) -> dict[str, object]:
    """Left out where nothing special was chosen."""
    volume: dict[str, object] = {"decibels": person.decibels} if person.decibels else {}
    return volume | ({"muted": True} if person.muted else {})


def _told(event: events.Event, people: People) -> list[tuple[str, dict[str, object]]]:  # noqa: C901, PLR0911  one table
    """Name and fields of the JSON events for an event."""
    match event:
        case events.RoomJoined():
            return [("joined", {"member": event.member, **_members(people), "room_words": event.room_words})]
        case events.RoomLeft():
            return [("disconnected", {"reason": event.reason, "retry_in": event.retry_in})]
        case events.BrokerMet():
            return [("broker", {"words": event.words, "first_contact": event.first_contact})]
        case events.PersonJoined(person):
            return [("member_joined", _about(person, confirmed=person.confirmed))]
        case events.PersonChanged(person):
            return [
                (
                    "member_changed",
                    _about(person, confirmed=person.confirmed, listening=person.listening, **_tuned(person)),
                )
            ]
        case events.PersonLeft(person):
            return [("member_left", _about(person))]
        case events.TalkingChanged(person, on) | events.WritingChanged(person, on):
            what = "talking" if isinstance(event, events.TalkingChanged) else "writing"
            return [(what, _about(person, on=on))]
        case events.AudienceChanged(count):
            return [("listening", {"count": count})]
        case events.TextReceived():
            return [("text", _text(event))]
        case events.TextStored():
            return [("sent", {"seq": event.seq, **_epoch(event)})]
        case events.TextRefused():
            return [("error", {"code": "text_refused", "message": event.reason})]
        case _:
            return _told_of_log(event) or _told_of_devices(event)


def _told_of_log(event: events.Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case events.TextSeen(seq, count, of):
            return [("seen", {"seq": seq, "count": count, "of": of, **_epoch(event)})]
        case events.LinesMissing():
            return [("missing", _missing(event))]
        case events.LogSearched(words, lines, more):
            return [("found", {"words": words, "lines": [_text(line) for line in lines], "more": more})]
        case events.LogExported(path, count):
            return [("exported", {"path": path, "count": count})]
        case _:
            return []


def _told_of_devices(event: events.Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case events.MicrophoneChanged(on, device):
            return [("mic", {"on": on, "device": device})]
        case events.SpeakerChanged(on, device):
            return [("speaker", {"on": on, "device": device})]
        case events.DevicesListed(microphones, speakers):
            return [("devices", {"microphones": list(microphones), "speakers": list(speakers)})]
        case events.EchoTestChanged(step):
            return [("echo_test", {"step": step})]
        case events.SpeechChanged(on) | events.HoldChanged(on):
            return [("speech" if isinstance(event, events.SpeechChanged) else "hold", {"on": on})]
        case _:
            return _told_of_program(event)


def _told_of_program(event: events.Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case events.DelayEstimated(person, ms):
            return [("delay", _about(person, ms=ms))]
        case events.MicrophoneEnded():
            return [("mic_ended", {})]
        case events.StatsReported(counters):
            return [("stats", dict(counters))]
        case events.ProblemReported():
            return [("error", {"code": event.code, "message": event.message, "part": event.part.value})]
        case _:
            return _told_of_ways(event)


def _told_of_ways(event: events.Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case LaneChanged(count, why):
            return [("lanes", {"count": count, "why": why.value})]
        case VoiceModeChanged(mode, reason):
            return [("voice", {"mode": mode.value, "why": reason.value})]
        case _:
            return []


def _missing(event: events.LinesMissing) -> dict[str, object]:
    fields: dict[str, object] = {
        "after": event.after,
        "before": event.before,
        "count": event.count,
        "why": event.why.value,
    }
    if event.member:
        fields |= {"from": event.name, "member": event.member}
    return fields | _epoch(event)


def _text(event: events.TextReceived) -> dict[str, object]:
    fields: dict[str, object] = {
        "from": event.name,
        "member": event.member,
        "text": event.text,
        "seq": event.seq,
        "time": datetime.fromtimestamp(event.sent_at, UTC).isoformat(timespec="milliseconds"),
    }
    if event.late:
        fields["late"] = True
    if event.copied_device:
        fields["copied_device"] = True
    return fields | _epoch(event)


def _epoch(event: events.TextReceived | events.TextStored | events.TextSeen | events.LinesMissing) -> dict[str, object]:
    return {"epoch": event.epoch} if event.epoch else {}
