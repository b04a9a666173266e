"""Who uses the time: each part's own, without that of the parts that it calls. The clock is given to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch


class Shares:
    """Wrap callables by `timed`; `spent` has nanoseconds by name."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.spent: dict[str, int] = {}
        self._clock = clock
        self._inner = [0]  # nanoseconds of the parts that were called, for each part under way

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, with its own time counted under this name."""

        @wraps(work)
        def run(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever `work` takes and gives
            self._inner.append(0)
            begun = self._clock()
            try:
                return work(*given, **named)
            finally:
                took = self._clock() - begun
                self.spent[name] = self.spent.get(name, 0) + took - self._inner.pop()
                self._inner[-1] += took

        return run

    @contextmanager
    def watching(self, parts: dict[str, list[tuple[object, str]]]) -> Iterator[None]:
        """Count what these attributes (of modules or classes) take, by name, while this lasts."""
        with ExitStack() as stack:
            for name, places in parts.items():
                for owner, attribute in places:
                    stack.enter_context(patch.object(owner, attribute, self.timed(name, getattr(owner, attribute))))
            yield
