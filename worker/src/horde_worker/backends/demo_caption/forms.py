"""The two forms of alchemy that the captioner answers, in the shape in which hordes send them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PIL import Image

from horde_worker.backends.alchemy import Option
from horde_worker.backends.demo_caption.model import DemoCaptioner, Reading, Tag

FORMS: Final = ("caption", "interrogation")
DEFAULT_TOP_COUNT: Final = 5
MOST_TAGS: Final = 20

_OTHER_LISTS: Final = ("sites", "artists", "mediums", "movements", "techniques")
"""Lists that the form has and this world has no words for: they stay empty."""


def caption(captioner: DemoCaptioner, picture: Image.Image) -> str:
    """One sentence."""
    return captioner.read(picture).caption


def interrogation(captioner: DemoCaptioner, picture: Image.Image, payload: Mapping[str, Option]) -> dict[str, Any]:
    """Tags are things, colours and the backdrop; flavors say size, spot and arrangement."""
    reading, most = captioner.read(picture), _top_count(payload)
    shapes = tuple(f"{which} shape" for which in reading.things)
    colours = tuple(f"{which} colour" for which in reading.things)
    flavors = _flavors(reading, most)
    return {
        "tags": _listed(reading.tags((*shapes, *colours, "backdrop"), most)),
        "flavors": _listed(flavors),
        **{name: [] for name in _OTHER_LISTS},
    }


def _flavors(reading: Reading, most: int) -> tuple[Tag, ...]:
    if reading.is_strange:
        return ()
    is_alone = reading.answers["kind"][0].word == "one"
    return reading.tags(("kind", "size", "spot") if is_alone else ("kind",), most)


def _listed(tags: tuple[Tag, ...]) -> list[dict[str, str | float]]:
    return [{"text": tag.text, "confidence": tag.confidence} for tag in tags]


def _top_count(payload: Mapping[str, Option]) -> int:
    """How many words a list has; many hordes send numbers as text, and what is no number counts as not sent."""
    try:
        asked = int(float(payload.get("top_count") or DEFAULT_TOP_COUNT))
    except (ValueError, OverflowError):
        return DEFAULT_TOP_COUNT
    return max(1, min(MOST_TAGS, asked))
