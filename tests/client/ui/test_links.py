"""Which addresses are found in a message, and which host is told of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.ui.links import Link, links


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/a?b=c#d.", [Link("https://example.org/a?b=c#d", "example.org")]),
        ("(http://example.org/wiki/A_(b))", [Link("http://example.org/wiki/A_(b)", "example.org")]),
        (
            "HTTPS://EXAMPLE.org, and “http://b.example/”",
            [Link("HTTPS://EXAMPLE.org", "example.org"), Link("http://b.example/", "b.example")],
        ),
        ("https://[2001:db8::1]:8443/", [Link("https://[2001:db8::1]:8443/", "2001:db8::1")]),
        ("nothing: ftp://x.example javascript:alert(1) https:// http://:80 www.example.org", []),
        ("https://example.org:99999/", []),
        ("https://[::1", []),
        ("https://a" + "b" * 2_000 + ".example", []),
    ],
)
def test_addresses(text: str, found: list[Link]) -> None:
    assert links(text) == found


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://bank.example@evil.example/", "evil.example"),  # who logs in there is not where it leads
        ("https://bank.example%2f@evil.example", "evil.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://b\u0430nk.example/", "xn--bnk-6cd.example"),  # a Cyrillic а
    ],
)
def test_the_host_is_told_as_it_is(address: str, host: str) -> None:
    # Would catch a link that seems to lead somewhere else.
    assert [link.host for link in links(address)] == [host]


@given(st.text())
def test_any_text(text: str) -> None:
    for link in links(f"https://{text} http://x.example/{text}"):
        assert link.address.lower().startswith(("http://", "https://"))
        assert link.host.isascii()
        assert not any(letter.isspace() for letter in link.address)
