"""How styles are named by who uses them (styles.md §3)."""

from __future__ import annotations

import pytest

from horde_server.styles.names import Reference, Sort, parse_id, parse_reference, unique_name


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("oil", Reference("oil")),
        ("style::oil", Reference("oil", Sort.STYLE)),
        ("collection::seas", Reference("seas", Sort.COLLECTION)),
        ("ada#7::oil", Reference("oil", None, 7)),
        ("ada#7::style::oil", Reference("oil", Sort.STYLE, 7)),
        ("style::ada#7::oil", Reference("oil", Sort.STYLE, 7)),
        ("collection::ada#7::seas", Reference("seas", Sort.COLLECTION, 7)),
        ("7::collection::seas", Reference("seas", Sort.COLLECTION, 7)),
        (" Tom & Jerry ", Reference("Tom &amp; Jerry")),
    ],
)
def test_all_the_ways_to_write_a_name(text: str, meant: Reference) -> None:
    assert parse_reference(text) == meant


@pytest.mark.parametrize("text", ["nobody::oil", "ada#x::style::oil", "ada#7::other::oil", "a::b::c::d", "o\0il"])
def test_a_name_of_nobody_is_none(text: str) -> None:
    """§3.2: the original ignores an owner that it does not know, and finds anybody's."""
    assert parse_reference(text) is None


def test_a_printed_name_reads_back() -> None:
    assert parse_reference(unique_name("ada#7", Sort.STYLE, "oil")) == Reference("oil", Sort.STYLE, 7)


@pytest.mark.parametrize("text", ["", "oil", "{00000000-0000-0000-0000-000000000000", "0" * 32, "é" * 36])
def test_what_cannot_be_an_id_is_none(text: str) -> None:
    assert parse_id(text) is None
