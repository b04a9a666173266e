from __future__ import annotations

import pytest

from broker.quota import Bucket, BucketTable, Strikes, network_of


def test_bucket_gives_its_burst_then_its_rate() -> None:
    # Would catch a bucket that starts empty, or that fills past its burst.
    bucket = Bucket(10.0, 2.0, 0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [True, True, False]
    assert bucket.wait(0.0) == pytest.approx(0.1)
    assert not bucket.take(0.05)
    assert bucket.take(0.1)
    assert [bucket.take(100.0) for _ in range(3)] == [True, True, False]
    assert bucket.wait(200.0) == 0.0


def test_bucket_owes_what_was_spent() -> None:
    # Would catch a page larger than what is left, given for nothing.
    bucket = Bucket(10.0, 20.0, 0.0)
    bucket.spend(0.0, 50.0)
    assert bucket.wait(0.0) == pytest.approx(3.1)
    assert not bucket.full(4.9)
    assert bucket.full(5.0)
    bucket.spend(1_000.0, 5.0)  # no more than the burst has come in meanwhile
    assert not bucket.take(1_000.0, 16.0)
    assert bucket.take(1_000.0, 15.0)


def test_table_counts_each_key_and_forgets() -> None:
    # Would catch one key's storm that is held against another, and a table that grows for ever.
    table: BucketTable[str] = BucketTable(1.0, 1.0, most=2)
    assert table.take("ann", 0.0) == 0.0
    assert table.take("ann", 0.0) == pytest.approx(1.0)
    assert table.take("ben", 0.0) == 0.0
    assert table.take("cem", 0.0) == 0.0  # ann, the oldest, makes way
    assert len(table) == 2
    assert table.take("ann", 0.0) == 0.0
    table.sweep(0.5)
    assert len(table) == 2
    table.sweep(1.0)
    assert len(table) == 0


def test_strikes_count_within_their_time() -> None:
    # Would catch strikes that never expire, or one too few.
    strikes = Strikes(3, 10.0)
    assert [strikes.strike(now) for now in (0.0, 1.0, 10.1, 10.9)] == [False, False, False, True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("nowhere", "nowhere"),
    ],
)
def test_one_household_counts_as_one(address: str, network: str) -> None:
    # Would catch an IPv6 host that uses each of its 2^64 addresses once.
    assert network_of(address) == network
