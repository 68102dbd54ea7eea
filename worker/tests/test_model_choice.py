"""Which models are offered: names and words, with a reference and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from horde_worker.backends.image import ImageAbilities
from horde_worker.configuration.model_reference import UnreadableReference, read_reference
from horde_worker.kinds.image.offer import image_offer
from horde_worker.model_choice import ModelChoice, ModelFacts
from horde_worker.settings import LiveWishes, OperatorWishes

THERE = ("Deliberate", "AlbedoBase XL (SDXL)", "Deliberate Inpainting", "Flux.1-Schnell fp8", "Lewd")
REFERENCE = {"Lewd": ModelFacts("stable_diffusion_2_768", is_nsfw=True)}
RANKING = ("AlbedoBase XL (SDXL)", "not there", "Lewd", "Deliberate")


@pytest.mark.parametrize(
    ("load", "skip", "offered"),
    [
        ([], [], "0 1 2 3 4"),
        (["all"], [], "0 1 2 3 4"),
        (["ALL models"], ["Lewd"], "0 1 2 3"),
        (["all sdxl"], [], "1"),
        (["all sd15 models"], [], "0 2"),
        (["all sd21"], [], "4"),
        (["all inpainting"], [], "2"),
        (["all nsfw models"], [], "4"),
        (["all sfw"], ["all inpainting"], "0 1 3"),
        (["top 2"], [], "1 4"),
        (["bottom 1"], [], "0"),
        (["top 3"], ["top 1"], "0 4"),
        (["Deliberate", "nothing of this name", "deliberate"], [], "0"),
        ([], ["all sdxl", "Deliberate"], "2 3 4"),
    ],
)
def test_what_words_stand_for(load: list[str], skip: list[str], offered: str) -> None:
    """Whole entries in any case; names exactly; skips are taken away last."""
    choice = ModelChoice(tuple(load), tuple(skip), reference=REFERENCE, ranking=RANKING)
    assert choice.of(THERE) == tuple(THERE[int(place)] for place in offered.split())


def test_large_models_are_left_out_of_words_but_not_of_names() -> None:
    """Where the owner says so."""
    assert "Flux.1-Schnell fp8" not in ModelChoice(("all",), with_large=False).of(THERE)
    assert ModelChoice(("Flux.1-Schnell fp8",), with_large=False).of(THERE) == ("Flux.1-Schnell fp8",)


def test_a_pop_offers_what_is_chosen_by_now() -> None:
    """A ranking that comes later counts from the next pop on; aliases stay."""
    live = LiveWishes()
    abilities = ImageAbilities(THERE, 512 * 512, frozenset(), frozenset())
    choice = ModelChoice(("top 1",))
    wishes = OperatorWishes("a", models=("alias",), choice=choice, live=live)
    assert choice.needs_ranking and not ModelChoice(("all",)).needs_ranking
    assert image_offer(wishes.current(), abilities).models == ["alias"]
    live.now = {"choice": ModelChoice(("top 1",), ranking=RANKING)}
    assert image_offer(wishes.current(), abilities).models == ["alias", "AlbedoBase XL (SDXL)"]


def test_a_reference_is_read_as_hordes_publish_it(tmp_path: Path) -> None:
    """Baselines with spaces too; what is odd says nothing."""
    path = tmp_path / "stable_diffusion.json"
    path.write_text(
        json.dumps(
            {
                "a": {"baseline": "stable diffusion 1", "nsfw": False, "inpainting": True},
                "b": {"baseline": "stable_diffusion_xl", "nsfw": True},
                "c": {"baseline": 7},
                "d": 3,
            }
        )
    )
    assert read_reference(path) == {
        "a": ModelFacts("stable_diffusion_1", is_inpainting=True),
        "b": ModelFacts("stable_diffusion_xl", is_nsfw=True),
        "c": ModelFacts(),
    }
    for wrong in ("[]", "{", json.dumps({str(number): {} for number in range(20_001)}), "[" * 50_000):
        path.write_text(wrong)
        with pytest.raises(UnreadableReference):
            read_reference(path)
