"""How an address that a horde names may be written; where it may lead is in `test_named_addresses.py`."""

from __future__ import annotations

import pytest

from horde_worker.addresses import MAX_URL_CHARACTERS, NoWebAddress, named_address


@pytest.mark.parametrize(
    "url", ["https://1.1.1.1/bucket/a%2Fb?signature=b+/=", "http://[2606:4700:4700::1111]:8080/", "http://h.example"]
)
def test_web_addresses_are_taken_verbatim(url: str) -> None:
    """A signature may cover how they are written."""
    assert str(named_address(url)).rstrip("/") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "r2",
        "file:///etc/passwd",
        "ftp://1.1.1.1/",
        "gopher://1.1.1.1/",
        "//1.1.1.1/a",
        "http://",
        "http:///path",
        "http://[",
        "http://[::1",
        "http://[banana]/",
        "http://1.1.1.1:99999/",
        "http://1.1.1.1:x/",
        "http://1.1.1.1:0/",
        "http://1.1.1.1/a b",
        "http://1.1.1.1/a\r\nHost: x",
        "http://1.1.1.1/кот",
        "http://1.1.1.1/" + "a" * MAX_URL_CHARACTERS,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Broken and endless addresses alike, never by another error."""
    with pytest.raises(NoWebAddress):
        named_address(url)
