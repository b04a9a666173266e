"""Values with a secret in them, which must not get into a log or a report of an error by being printed."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

_SECRET: Final = frozenset({"phrase", "key", "invite", "details"})  # names of fields


class Discreet(Struct, frozen=True):
    """Its `repr` leaves out what is secret."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _SECRET)
        return f"{type(self).__name__}({', '.join(shown)})"
