"""Words that nobody should have to read, and words that only look like them."""

from __future__ import annotations

import pytest

from horde_server.moderation.profanity import ProfanityFilter, load_profanity_filter


@pytest.mark.parametrize(
    "text",
    ["shit", "SHIT happens", "holy_shit", "sh1t", "$h1t", "Fück", "unfuckable", "bitchy", "a.cunt.b", "ｓｈｉｔ"],
)
def test_profane_texts_are_found_however_they_are_spelt(text: str) -> None:
    assert load_profanity_filter(None).is_profane(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a quiet harbour",
        "Scunthorpe",
        "Shitake mushrooms",
        "assistant",
        "classic",
        "Hitchcock",
        "snow leopard 9000",
    ],
)
def test_harmless_texts_are_not(text: str) -> None:
    assert not load_profanity_filter(None).is_profane(text)


def test_a_star_reaches_into_longer_words_on_its_side_only() -> None:
    words = ProfanityFilter("turnip*\n*beet\n")
    assert [words.is_profane(text) for text in ("turnips", "aturnip", "sugarbeet", "beetle")] == [True, False] * 2


@pytest.mark.parametrize("word_list", ["", "# only remarks\n\n", "*\n**\n"])
def test_an_empty_list_refuses_nothing(word_list: str) -> None:
    assert not ProfanityFilter(word_list).is_profane("anything at all")
