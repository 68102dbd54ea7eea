"""Who and what the stories are about."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

SHE_NAMES: Final = (
    "Anna Bella Clara Daisy Ella Emma Flora Grace Hazel Ida Iris Ivy Julia Lily Lucy Luna Maria Mia Molly Nora Olive "
    "Penny Rosa Ruby Sara Sofia Stella Tilly Willa Zoe"
).split()
HE_NAMES: Final = (
    "Adam Alex Arthur Ben Bruno Charlie Daniel Edgar Felix Finn George Henry Hugo Jack Jacob Jonas Leo Max Milo Noah "
    "Oliver Oscar Otto Peter Robin Sam Theo Tim Tom Victor"
).split()
_SYLLABLES: Final = (
    "ba be bo da di do fa fi ga go ka ki la li lo ma me mo na ni no pa pi ra ri ro sa si ta ti to va vi za zo".split()
)
_ENDINGS: Final = ("n", "l", "r", "s", "x", "m", "", "th", "ck")

KINDS: Final = (
    "fox rabbit bear owl mouse cat dog frog hedgehog squirrel turtle goat duck wolf deer badger dragon robot girl boy "
    "farmer sailor baker knight wizard witch giant miller gardener shepherd captain explorer painter inventor king "
    "queen prince princess monk clockmaker"
).split()
SHE_KINDS: Final = frozenset({"girl", "witch", "queen", "princess"})
HE_KINDS: Final = frozenset({"boy", "king", "prince", "monk"})

NATURES: Final = (
    "little young old clever brave kind curious quiet lazy proud gentle cheerful shy stubborn lonely hungry patient "
    "careful wise playful"
).split()

PLACES: Final[tuple[tuple[str, str], ...]] = (
    ("forest", "in"), ("village", "in"), ("valley", "in"), ("castle", "in"), ("garden", "in"), ("cave", "in"),
    ("town", "in"), ("desert", "in"), ("meadow", "in"), ("harbor", "in"), ("tower", "in"), ("cottage", "in"),
    ("kingdom", "in"), ("mountains", "in"), ("island", "on"), ("hill", "on"), ("farm", "on"), ("ship", "on"),
    ("river", "by"), ("sea", "by"), ("lake", "by"), ("old mill", "near"), ("waterfall", "near"), ("swamp", "near"),
)  # fmt: skip
LOOKS: Final = "dark deep green quiet small old distant beautiful cold sunny strange lonely hidden peaceful".split()

THINGS: Final = (
    "key lantern map book ring hat coat bell drum kite boat basket coin crown stone shell mirror clock flute letter "
    "sword feather cup blanket necklace lamp wheel rope box egg"
).split()
THING_LOOKS: Final = "golden silver old tiny shiny red blue green wooden broken magic heavy beautiful strange".split()

FOODS: Final = "bread soup cake cheese honey berries apples pie nuts porridge pears cookies".split()
WEATHERS: Final = ("sunny", "windy", "rainy", "foggy", "snowy", "cold", "warm", "stormy")
TIMES: Final = ("morning", "evening", "afternoon", "night", "spring day", "summer day", "autumn day", "winter day")
SKILLS: Final = "swim sing dance paint bake fly whistle climb sail read cook build write juggle".split()
GOOD_FEELINGS: Final = "happy glad proud grateful cheerful calm".split()
BAD_FEELINGS: Final = "sad afraid worried tired lonely angry sorry".split()
COLOURS: Final = "red blue green yellow white black orange purple pink brown".split()
SHAPES: Final = "circle square triangle star heart house tree flower boat fish cat moon sun".split()


@dataclass(frozen=True, slots=True)
class Somebody:
    """A character: a name, what kind of being, and how one speaks of them."""

    name: str
    kind: str
    nature: str
    he: str
    him: str
    his: str


def somebody(rng: random.Random, *, unlike: Somebody | None = None) -> Somebody:
    """A new character, different in name and kind from another."""
    while True:
        kind = rng.choice(KINDS)
        is_she = kind in SHE_KINDS or (kind not in HE_KINDS and rng.random() < 0.5)
        name = invented_name(rng) if rng.random() < 0.12 else rng.choice(SHE_NAMES if is_she else HE_NAMES)
        nature = rng.choice(NATURES)
        forms = ("she", "her", "her") if is_she else ("he", "him", "his")
        if unlike is None or (name != unlike.name and kind != unlike.kind and nature != unlike.nature):
            return Somebody(name, kind, nature, *forms)


def invented_name(rng: random.Random) -> str:
    """A name nobody has: it is spelled in letters, and so teaches to repeat what a prompt names."""
    return ("".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 2)))) + rng.choice(_ENDINGS)).capitalize()
