"""One story in the making: who and what it is about stays the same from sentence to sentence."""

from __future__ import annotations

import random
import re

from ember_text_training import world

_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")
_SENTENCE_START = re.compile(r"(^|[.!?] |\n)([a-z])")


class Tale:
    """Fills the gaps of sentences. The same generator of chance gives the same tale."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        hero = world.somebody(rng)
        friend = world.somebody(rng, unlike=hero)
        place, where = rng.choice(world.PLACES)
        away, away_where = rng.choice([one for one in world.PLACES if one[0] != place])
        thing = rng.choice(world.THINGS)
        skill = rng.choice(world.SKILLS)
        self.words = {
            "hero": hero.name, "kind": hero.kind, "nature": hero.nature,
            "he": hero.he, "him": hero.him, "his": hero.his, "He": hero.he.capitalize(), "His": hero.his.capitalize(),
            "friend": friend.name, "fkind": friend.kind, "fnature": friend.nature,
            "fhe": friend.he, "fhim": friend.him, "fhis": friend.his,
            "FHe": friend.he.capitalize(), "FHis": friend.his.capitalize(),
            "place": place, "where": where, "look": rng.choice(world.LOOKS),
            "away": away, "awhere": away_where, "alook": rng.choice(world.LOOKS),
            "thing": thing, "tlook": rng.choice(world.THING_LOOKS),
            "other": rng.choice([one for one in world.THINGS if one != thing]),
            "olook": rng.choice(world.THING_LOOKS),
            "food": rng.choice(world.FOODS), "weather": rng.choice(world.WEATHERS), "time": rng.choice(world.TIMES),
            "skill": skill, "good": rng.choice(world.GOOD_FEELINGS), "bad": rng.choice(world.BAD_FEELINGS),
            "colour": rng.choice(world.COLOURS),
        }  # fmt: skip

    def say(self, *ways: str) -> str:
        """One of several ways to say something, filled in."""
        return tidy(self.rng.choice(ways).format_map(self.words))

    def maybe(self, chance: float, *ways: str) -> str:
        """The same, or nothing."""
        return self.say(*ways) if self.rng.random() < chance else ""


def tidy(text: str) -> str:
    """ "a owl" to "an owl", and sentences with capitals."""
    text = _BEFORE_VOWEL.sub(r"\1n ", text)
    return _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)


def joined(*sentences: str) -> str:
    """One paragraph of the sentences that are there."""
    return " ".join(filter(None, sentences))
