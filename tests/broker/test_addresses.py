from __future__ import annotations

import ipaddress

from broker.addresses import usable_addresses


def test_the_public_address_comes_first() -> None:
    # Would catch an invite to an address that friends cannot reach.
    assert usable_addresses("192.0.2.7", "chat.example.org") == ("chat.example.org", "192.0.2.7")
    assert usable_addresses("192.0.2.7", None) == ("192.0.2.7",)


def test_all_addresses_of_this_machine() -> None:
    # Would catch 0.0.0.0 in an invite, doubles, and IPv6 where nobody listens on it.
    four, both = usable_addresses("0.0.0.0", None), usable_addresses("::", None)  # noqa: S104 - nothing is bound
    assert four[-1] == both[-1] == "127.0.0.1"
    assert set(four) <= set(both)
    assert len(set(both)) == len(both)
    assert all(ipaddress.ip_address(address).version == 4 for address in four)
    assert not any(ipaddress.ip_address(address).is_unspecified for address in both)
