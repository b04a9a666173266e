"""The counters of live voice, summed over all speakers since the start of the program.

Written by the voice thread, read by any: each is a plain number, so a reader sees it whole.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Packets of 10 or 40 ms where nothing else is said."""

    voice_frames_sent: int = 0
    voice_bytes_sent: int = 0  # whole frames, topic and seal included
    unheard: int = 0  # blocks of an open microphone that were not sent: nobody listens, or in no room
    replayed: int = 0  # authentic frames that were accepted before, though nobody asked for them twice
    copies: int = 0  # that one lane brought after another: as wanted
    refused: int = 0  # frames that did not open, or held no packet
    stray: int = 0  # frames of nobody that we know, or of another room
    muted: int = 0  # frames of people whom the user does not want to hear, in rooms with one topic for all
    unconfirmed: int = 0  # packets of speakers that did not show in time that they are here
    dropped: int = 0  # frames that were too old when the voice thread got to them
    played: int = 0
    late: int = 0  # came after their time, played late or not
    discarded: int = 0  # of the late ones those whose place had been passed, so never heard
    duplicated: int = 0  # same media time twice
    skipped: int = 0  # not played, to bring the delay back under its cap
    concealed: int = 0  # blocks within a talk that were made up, or silent, because no packet was there
    shortened: int = 0  # samples taken out to lower the delay
    lengthened: int = 0  # samples put in to raise it
    underflows: int = 0  # times that the sound card found nothing to play
    overflows: int = 0  # times that the microphone's samples were not fetched in time

    def snapshot(self) -> dict[str, int | float]:
        """All of them by name."""
        return asdict(self)
