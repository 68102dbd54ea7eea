"""The two forms as a horde is sent them."""

from __future__ import annotations

import json
import random

import pytest
from ember_training.drawing import paint
from ember_training.scenes import SceneSpec, Thing
from PIL import Image

from horde_sdk.ai_horde_api.apimodels.alchemy.results import AlchemyInterrogationDetails
from horde_worker.backends.alchemy import Option
from horde_worker.backends.demo_caption.forms import MOST_TAGS, caption, interrogation
from horde_worker.backends.demo_caption.model import DemoCaptioner
from horde_worker.backends.demo_caption.wording import STRANGE

PICTURE = paint(SceneSpec("blue", (Thing("heart", "red", 0.5, 0.5, 0.3),)), 96, 96, random.Random(1))
STATIC = Image.effect_noise((96, 96), 120).convert("RGB")


@pytest.fixture(scope="module")
def captioner() -> DemoCaptioner:
    return DemoCaptioner.load()


def test_tags_are_the_surest_words(captioner: DemoCaptioner) -> None:
    """Thing, colour and backdrop first; each with a percentage, falling."""
    sent = interrogation(captioner, PICTURE, {})
    details = AlchemyInterrogationDetails.model_validate(json.loads(json.dumps(sent)))
    assert {tag.text for tag in details.tags[:3]} == {"heart", "red", "blue"}
    shares = [tag.confidence for tag in details.tags]
    assert len(shares) == 5 and shares == sorted(shares, reverse=True) and 50 < shares[2] <= 100
    assert details.flavors and not details.artists


def test_a_stranger_is_called_one(captioner: DemoCaptioner) -> None:
    """In both forms, and nothing else is said of it."""
    assert caption(captioner, STATIC) == STRANGE
    sent = interrogation(captioner, STATIC, {})
    assert [tag["text"] for tag in sent["tags"]] == [STRANGE] and sent["flavors"] == []


@pytest.mark.parametrize(
    ("asked", "tags"),
    [("3", 3), (2.0, 2), (0, 5), (-4, 1), (10**9, MOST_TAGS), ("many", 5), (None, 5), (float("inf"), 5), ("nan", 5)],
)
def test_as_many_tags_as_asked_for_within_bounds(captioner: DemoCaptioner, asked: Option, tags: int) -> None:
    assert len(interrogation(captioner, PICTURE, {"top_count": asked})["tags"]) == tags
