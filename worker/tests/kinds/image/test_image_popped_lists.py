"""The lists of an image job: each entry is read for itself, within limits."""

from __future__ import annotations

from typing import Any

import pytest

from horde_worker.backends.image import ExtraSource, ExtraText, ImageJob, Lora, TextualInversion
from horde_worker.kinds.image.popped import read_image_pop
from horde_worker.kinds.image.popped_lists import (
    MAX_EXTRA_SOURCES,
    MAX_EXTRA_TEXTS,
    MAX_LORAS,
    MAX_NAME_CHARACTERS,
    MAX_POST_PROCESSORS,
    MAX_TIS,
)

LISTS = ("loras", "tis", "post_processing", "extra_texts", "extra_source_images")


def read(payload: dict[str, Any] | None = None, **answer: Any) -> ImageJob:
    found = read_image_pop({"id": "a", "payload": {"prompt": "a fox", **(payload or {})}, **answer})
    assert found is not None
    return found


def test_loras_are_read_with_both_strengths() -> None:
    """A LoRA has a strength on the picture's net and one on the text encoder."""
    sent = [{"name": "26975", "model": 0.5, "clip": -1, "inject_trigger": "any", "is_version": True}, {"name": "glow"}]
    assert read({"loras": sent}).loras == (Lora("26975", 0.5, -1.0, "any", True), Lora("glow"))


def test_an_id_may_come_as_a_number() -> None:
    """Some clients do not quote the id of a LoRA."""
    assert read({"loras": [{"name": 26975}]}).loras == (Lora("26975"),)


def test_textual_inversions_are_read() -> None:
    """A place that is none is left to the prompt."""
    sent = [{"name": "7808", "inject_ti": "negprompt", "strength": 0.8}, {"name": "1", "inject_ti": "elsewhere"}]
    assert read({"tis": sent}).tis == (TextualInversion("7808", "negprompt", 0.8), TextualInversion("1"))


def test_post_processing_keeps_its_order() -> None:
    """What nobody knows stays in the list: it is refused by name, not forgotten."""
    sent = ["RealESRGAN_x4plus", "CodeFormers", "unheard-of"]
    assert read({"post_processing": sent}).post_processing == tuple(sent)


def test_further_pictures_and_texts_are_read() -> None:
    """Pictures stand beside the payload, texts in it."""
    job = read(
        {"extra_texts": [{"text": "https://example.org", "reference": "qr_code"}]},
        extra_source_images=[{"image": "https://example.org/a.webp", "strength": 0.5}],
    )
    assert job.extra_texts == (ExtraText("https://example.org", "qr_code"),)
    assert job.extra_sources == (ExtraSource("https://example.org/a.webp", 0.5),)


@pytest.mark.parametrize("strange", [None, 7, "text", {}, [None, 3, "x", {}, {"name": None}, {"name": []}]])
def test_what_is_no_list_counts_as_an_empty_one(strange: object) -> None:
    """A strange list, or strange entries in one, do not cost the job."""
    job = read(dict.fromkeys(LISTS, strange), extra_source_images=strange)
    assert (job.loras, job.tis, job.extra_texts, job.extra_sources) == ((), (), (), ())


def test_a_strange_entry_does_not_cost_the_others() -> None:
    """Of a list with one entry that makes no sense, the rest counts."""
    sent = [{"name": "a", "model": "nan"}, {"model": 1}, {"name": "x" * (MAX_NAME_CHARACTERS + 1)}, {"name": "b"}]
    assert [one.name for one in read({"loras": sent}).loras] == ["a", "b"]


@pytest.mark.parametrize(
    ("field", "entry", "most"),
    [
        ("loras", {"name": "a"}, MAX_LORAS),
        ("tis", {"name": "a"}, MAX_TIS),
        ("post_processing", "GFPGAN", MAX_POST_PROCESSORS),
        ("extra_texts", {"text": "a", "reference": "abc"}, MAX_EXTRA_TEXTS),
    ],
)
def test_a_list_has_a_maximum(field: str, entry: object, most: int) -> None:
    """What comes after as many entries as any horde lets through is left out."""
    assert len(getattr(read({field: [entry] * 5000}), field)) == most


def test_there_are_so_many_further_pictures_at_most() -> None:
    """Each of them would be fetched."""
    assert len(read(extra_source_images=[{"image": "QUJD"}] * 5000).extra_sources) == MAX_EXTRA_SOURCES


@pytest.mark.parametrize(("sent", "taken"), [(99, 10.0), (-99, -10.0), ("0.5", 0.5), (None, 1.0), ("inf", 1.0)])
def test_strengths_are_clamped(sent: object, taken: float) -> None:
    """A strength beyond its bounds counts as the nearest, and what is none as one."""
    assert read({"loras": [{"name": "a", "model": sent}]}).loras[0].model_strength == taken
