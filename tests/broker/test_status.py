from broker.status import Counters


def test_all_counters_have_names() -> None:
    # Would catch a counter that no report shows.
    counts = Counters(posts=3)
    assert counts.as_dict()["posts"] == 3
    assert set(counts.as_dict().values()) == {0, 3}
