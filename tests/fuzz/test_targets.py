"""What was ever found, tried again; and a short run of the fuzzer's targets on seeds that were tampered with.

`scripts/fuzz.py` is the long run.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.seeds import CORPUS
from tests.fuzz.targets import TARGETS, from_client

EACH = {name: [path.read_bytes() for path in sorted((CORPUS / name).iterdir())] for name in TARGETS}


@pytest.mark.parametrize("name", TARGETS)
def test_everything_in_the_corpus_again(name: str) -> None:
    assert EACH[name]
    for data in EACH[name]:
        TARGETS[name](data)


@st.composite
def tampered(draw: st.DrawFn, name: str) -> bytes:
    """A seed of which some bytes are others, are missing, or stand there twice."""
    data = bytearray(draw(st.sampled_from(EACH[name])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 8))
        data[at : at + size] = draw(st.binary(max_size=8) | st.just(bytes(data[at : at + size]) * 2))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run(name: str) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(tampered(name) | st.binary(max_size=200))
    def run(data: bytes) -> None:
        TARGETS[name](data)

    run()


def test_the_targets_reach_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch a target that swallows every fault, and so can find none.
    monkeypatch.setattr("common.messages.decode_from_client", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        from_client(b"")


def test_seeds_are_real_messages_of_every_kind() -> None:
    fresh = seeds.collect()
    assert set(fresh) == set(TARGETS)
    for name, of in (("from_client", 7), ("from_broker", 10)):
        assert len({part[1] for part in fresh[name]}) >= of
