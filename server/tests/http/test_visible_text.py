"""Names are of characters that people see; what joins letters and emoji stays where it joins something."""

from __future__ import annotations

import pytest

from horde_server.visible_text import invisible_character, without_invisible


@pytest.mark.parametrize(
    "name",
    [
        "my worker", "Bücher–Würmer № 7", "東京　サーバー", "قارئ", "می‌خواهم", "क्‍ष", "👩‍👩‍👧‍👦 family", "❤️ heart",
        "🏳️‍🌈", "1️⃣", "ℹ️", "↔️", "🤷‍♂️", "🇩🇪", "👍🏽", "👩🏽‍🚀", "葛󠄀", "a/b:c|?*\"<", "e\u0301",
    ],
)  # fmt: skip
def test_names_as_people_write_them_are_taken(name: str) -> None:
    assert invisible_character(name) is None
    assert without_invisible(name) == name


@pytest.mark.parametrize(
    "hidden",
    [
        "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202e",
        "\u2060", "\u2066", "\u2069", "\ufeff", "\u00ad", "\u061c",
        "\u2028", "\u2029", "\u180e", "\u115f", "\u3164", "\uffa0",
        "\u034f", "\ufe0f", "\U000e0041", "\U000e0100", "\ud800",
    ],
)  # fmt: skip
def test_what_nobody_sees_is_found_wherever_it_stands(hidden: str) -> None:
    for name in (hidden, f"{hidden}worker", f"wor{hidden}ker", f"worker{hidden}"):
        assert invisible_character(name) == hidden
        assert without_invisible(name) == name.replace(hidden, "")
