"""How answers become a sentence. A word that is not sure is left out, and a thing without a name is "something"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from horde_worker.backends.demo.vocabulary import COLOURS, PLACE_PHRASES
from horde_worker.backends.demo_caption.questions import QUESTIONS

STRANGE: Final = "not a picture of the small world that ember-demo paints"
SURE_FROM: Final = 0.4


@dataclass(frozen=True, slots=True)
class Answer:
    """A word, and its share of all answers to the question, 0..1."""

    word: str
    share: float

    @classmethod
    def of(cls, question: str, place: int, share: float) -> Self:
        return cls(QUESTIONS[question][place], share)

    @property
    def sure_word(self) -> str:
        """Nothing where it is a guess."""
        return self.word if self.share >= SURE_FROM else ""


def sentence(answers: Mapping[str, Answer]) -> str:
    """Such as "a red circle left of a blue star on a white background", from the likeliest answers."""
    where = _backdrop(answers["backdrop"])
    match answers["kind"].word:
        case "empty":
            return where.removeprefix("on ").removeprefix("in ") or "an empty picture"
        case "side by side":
            what = f"{_thing(answers, 'first')} left of {_thing(answers, 'second')}"
        case "one above the other":
            what = f"{_thing(answers, 'first')} above {_thing(answers, 'second')}"
        case "two alike" | "three alike" as kind:
            what = _several(kind.split()[0], answers)
        case _:
            what = _alone(answers)
    return f"{what} {where}".strip()


def _alone(answers: Mapping[str, Answer]) -> str:
    size, spot = answers["size"].sure_word, answers["spot"].sure_word
    thing = _thing(answers, "first", size if size != "middling" else "")
    return f"{thing} at the {spot}" if spot not in ("", "center") else thing


def _thing(answers: Mapping[str, Answer], which: str, size: str = "") -> str:
    colour, shape = answers[f"{which} colour"].sure_word, answers[f"{which} shape"].sure_word
    if not shape:
        return " ".join(word for word in ("something", size, colour) if word)
    words = " ".join(word for word in (size, colour, shape) if word)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _several(count: str, answers: Mapping[str, Answer]) -> str:
    colour, shape = answers["first colour"].sure_word, answers["first shape"].sure_word
    plural = {"": "things", "fish": "fish", "cross": "crosses"}.get(shape, f"{shape}s")
    return " ".join(word for word in (count, colour, plural) if word)


def _backdrop(answer: Answer) -> str:
    word = answer.sure_word
    if word in COLOURS:
        return f"on {'an' if word[0] in 'aeiou' else 'a'} {word} background"
    return PLACE_PHRASES.get(word, "")
