from __future__ import annotations

from collections.abc import Callable

from broker.engine.handles import Handles


def counting(*values: int) -> Callable[[int], bytes]:
    numbers = iter(values)
    return lambda size: next(numbers).to_bytes(size, "big")


def test_no_handle_is_given_twice_at_a_time() -> None:
    # Would catch voice of one room or member under the topic of another.
    handles = Handles(counting(5, 5, 6, 1, 1, 2, 1, 5))
    assert handles.enter(b"kitchen") == b"\0\0\0\5"
    assert handles.enter(b"kitchen") == b"\0\0\0\5"
    assert handles.enter(b"garden") == b"\0\0\0\6"
    assert handles.allot(b"kitchen") == b"\0\1"
    assert handles.allot(b"kitchen") == b"\0\2"
    handles.release(b"kitchen", b"\0\1")
    assert handles.allot(b"kitchen") == b"\0\1"
    assert b"kitchen" in handles
    handles.leave(b"kitchen")
    assert b"kitchen" not in handles
    assert handles.enter(b"attic") == b"\0\0\0\5"
