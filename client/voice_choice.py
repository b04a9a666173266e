"""Which mode my voice has where the user leaves that to the program: slim while the way up is full, and no longer.

Slim voice fits where little delay does not, so that all seems well with it: going back is a trial. After one that
failed the next waits longer. While I say nothing the way up is good, and that proves nothing: what counts is for how
long it was good while voice went. A way up that merely loses packets is no reason: further lanes mend that, and keep
all of the sound. Pure.
"""

from __future__ import annotations

from typing import Final

from client.commands import VoiceMode, VoiceWish
from client.lanes import Uplink
from client.ways_of_voice import VoiceModeChanged, VoiceModeReason

_FIRST_PAUSE: Final = 60.0  # seconds of my voice for which the way up has to be good
_LONGEST_PAUSE: Final = 1_800.0
_FORGIVEN_SECONDS: Final = 1_800.0  # of little delay without a relapse: then the pauses begin anew
_MOST_RELAPSES: Final = 10


class VoiceChoice:
    """Ask `turn` every now and then. `mode` is what the voice is to have now: never "auto"."""

    def __init__(self, wish: VoiceWish = VoiceWish.AUTO) -> None:
        self.wish = wish
        self._full = False
        self._since = 0.0  # by the time of voice: the last full way up, or one that was not good, while slim
        self._relapses = 0
        self._back_at = float("-inf")
        self.mode = self._state()[0]
        self._told = self._state()

    def turn(self, uplink: Uplink, now: float, spoken: float) -> VoiceModeChanged | None:
        """Decide; what is to be told if that changes anything. What the way up does counts whatever is wished.

        `spoken`: for how many seconds voice went up by `now`.
        """
        if uplink is Uplink.FULL and not self._full:
            self._full = True
            self._relapses = 0 if now - self._back_at >= _FORGIVEN_SECONDS else min(self._relapses + 1, _MOST_RELAPSES)
        if uplink is not Uplink.GOOD:
            self._since = spoken
        elif self._full and spoken - self._since >= min(_FIRST_PAUSE * 2**self._relapses, _LONGEST_PAUSE):
            self._full = False
            self._back_at = now
        state = self._state()
        if state == self._told:
            return None
        self._told = state
        self.mode, why = state
        return VoiceModeChanged(self.mode, why)

    def _state(self) -> tuple[VoiceMode, VoiceModeReason]:
        if self.wish is VoiceWish.SLIM:
            return VoiceMode.SLIM, VoiceModeReason.ASKED
        if self.wish is VoiceWish.LOW_DELAY:
            return VoiceMode.LOW_DELAY, VoiceModeReason.ASKED
        return (VoiceMode.SLIM, VoiceModeReason.FULL) if self._full else (VoiceMode.LOW_DELAY, VoiceModeReason.GOOD)
