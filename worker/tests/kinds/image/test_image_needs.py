"""What an image job needs is told in the horde's own words, and what was not offered is not made."""

from __future__ import annotations

from typing import Any

import pytest

from horde_server.dispatch.capabilities import WORDS as HORDE_WORDS
from horde_worker.backends.image import ImageAbilities, ImageJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.image.needs import WORDS, needs_of
from horde_worker.kinds.image.offer import check_image_offered, image_offer
from horde_worker.kinds.image.popped import read_image_pop
from horde_worker.settings import OperatorWishes

SOURCE = "https://example.org/a.webp"
NEEDING: dict[str, dict[str, Any]] = {
    "hires_fix": {"payload": {"hires_fix": True}},
    "tiling": {"payload": {"tiling": True}},
    "clip_skip": {"payload": {"clip_skip": 2}},
    "img2img": {"source_image": SOURCE, "source_processing": "img2img"},
    "inpainting": {"source_image": SOURCE, "source_processing": "inpainting"},
    "extra_source_images": {"extra_source_images": [{"image": SOURCE}]},
    "lora": {"payload": {"loras": [{"name": "1"}]}},
    "lora_versions": {"payload": {"loras": [{"name": "1", "is_version": True}]}},
    "textual_inversion": {"payload": {"tis": [{"name": "1"}]}},
    "controlnet": {"payload": {"control_type": "canny"}},
    "image_is_control": {"payload": {"control_type": "canny", "image_is_control": True}},
    "return_control_map": {"payload": {"control_type": "canny", "return_control_map": True}},
    "qr_code": {"payload": {"workflow": "qr_code"}},
    "layer_diffuse": {"payload": {"transparent": True}},
    "post-processing": {"payload": {"post_processing": ["GFPGAN"]}},
}


def job_of(answer: dict[str, Any]) -> ImageJob:
    found = read_image_pop({"payload": {}, **answer, "id": "a", "model": "paint"})
    assert found is not None
    return found


def test_every_word_is_one_of_the_hordes() -> None:
    """A horde would never ask for what it has no word for."""
    assert set(HORDE_WORDS) >= WORDS
    assert set(NEEDING) == WORDS


@pytest.mark.parametrize("word", sorted(NEEDING))
def test_what_needs_a_word_is_made_only_where_it_is_offered(word: str) -> None:
    """A horde that hands out what was not offered gets it back, with the word."""
    job = job_of(NEEDING[word])
    needed = needs_of(job)
    assert word in needed
    wishes = OperatorWishes(name="a worker", models=("paint",))

    def offering(words: frozenset[str]) -> Any:
        return image_offer(wishes, ImageAbilities(("paint",), 1 << 20, words, frozenset({"k_euler"})))

    check_image_offered(job, offering(needed))
    with pytest.raises(UnusableJob, match=word):
        check_image_offered(job, offering(needed - {word}))


def test_a_plain_job_needs_nothing() -> None:
    """Nor does a ControlNet's flag without a ControlNet."""
    assert needs_of(job_of({"payload": {"image_is_control": True, "return_control_map": True}})) == frozenset()


def test_post_processors_are_needed_by_name() -> None:
    """A worker may have some of them only."""
    assert "CodeFormers" in needs_of(job_of({"payload": {"post_processing": ["CodeFormers"]}}))
