"""What is told of a text before it is whole stands in the whole, however the pieces fall and whatever is wished."""

from __future__ import annotations

import random

import pytest

from horde_worker.stop_sequences import GrowingText
from horde_worker.streams.settled_text import SettledText
from horde_worker.text_format import UNFORMATTED, TextFormat, formatted_text
from horde_worker.tolerance import whole_text

PARTS = (
    "a",
    "wörld",
    " ",
    "\n",
    "\n\n",
    ".",
    '."',
    "?)",
    "</s>",
    "<",
    "</",
    "User:",
    "Us",
    "{x}",
    "🐈",
    "\ud83d",
    "\udc08",
)
STOPS = ("</s>", "\nUser:", "User:", "🐈🐈")


def random_format(dice: random.Random) -> TextFormat:
    return TextFormat(*(dice.random() < 0.3 for _ in range(5)))


@pytest.mark.parametrize("seed", range(300))
def test_what_is_settled_is_the_beginning_of_the_final_text(seed: int) -> None:
    dice = random.Random(seed)
    wishes = random_format(dice)
    stops = tuple(dice.sample(STOPS, dice.randint(0, 3))) + (("\n",) if wishes.single_line else ())
    growing, settled, told = GrowingText(stops), SettledText(stops, wishes), [b""]
    for _ in range(dice.randint(1, 30)):
        if piece := growing.add(dice.choice(PARTS)):
            settled.add(piece)
        told.append(settled.settled())
        if growing.is_stopped:
            break
    final = whole_text(formatted_text(growing.text, wishes)).encode()
    for before, after in zip(told, [*told[1:], final], strict=True):
        assert after.startswith(before), (before, after)


@pytest.mark.parametrize("seed", range(200))
def test_no_more_is_held_back_than_may_become_a_stop_sequence(seed: int) -> None:
    """The longest beginning of one, of whatever letters that repeat."""
    dice = random.Random(seed)
    stops = ["".join(dice.choices("ab", k=dice.randint(1, 9))) for _ in range(3)]
    settled, text = SettledText(stops, UNFORMATTED), ""
    for _ in range(30):
        piece = "".join(dice.choices("abc", (5, 5, 1), k=dice.randint(0, 4)))
        text += piece
        settled.add(piece)
        held = max(length for stop in stops for length in range(len(stop)) if text.endswith(stop[:length]))
        assert settled.settled() == text[: len(text) - held].encode()


def test_all_of_a_plain_text_is_settled_at_once() -> None:
    text = SettledText((), UNFORMATTED)
    text.add("Once")
    text.add(" upon")
    assert text.settled() == b"Once upon"


def test_what_may_become_a_stop_sequence_waits_until_it_is_clear() -> None:
    """Nobody is shown half of one."""
    text = SettledText(("</s>",), UNFORMATTED)
    text.add("the end</")
    assert text.settled() == b"the end"
    text.add("b>")
    assert text.settled() == b"the end</b>"


def test_half_a_character_waits_for_its_other_half() -> None:
    text = SettledText((), UNFORMATTED)
    text.add("cat \ud83d")
    assert text.settled() == b"cat "
    text.add("\udc08")
    assert text.settled().decode() == "cat 🐈"


def test_only_whole_sentences_are_told_where_others_are_cut() -> None:
    text = SettledText((), TextFormat(trims_incomplete=True))
    text.add("It was late")
    assert text.settled() == b""
    text.add(". He we")
    assert text.settled() == b"It was late."
