"""What hordes say is harmless in the log."""

from __future__ import annotations

from horde_sdk.harmless_text import MAX_FIELD_CHARACTERS, harmless


def test_every_text_in_a_field_stands_in_one_line() -> None:
    """Names within lists and objects too, and what is no text stays as it is."""
    said = harmless({"a\nb": ["c\u202ed", ("e\x1b",)], "f": 1.5})
    assert said == {"a\\nb": ["c\\u202ed", ["e\\u001b"]], "f": 1.5}


def test_endless_texts_are_cut() -> None:
    """A message of a megabyte is not read by anybody."""
    assert harmless("x" * 1_000_000) == "x" * MAX_FIELD_CHARACTERS + "…"
