"""The SDK's models read with patience."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopPayload
from horde_worker.kinds.image.popped import ImagePayload, read_image_pop
from horde_worker.tolerance import MAX_ITEMS, whole_text

ODD: list[Any] = [None, True, [], {}, [[]], "x", "nan", float("inf"), -1, 1e14, 10**400, "\ud800", ["\ud800"] * 2]


@pytest.mark.parametrize("name", sorted(ImageGenerateJobPopPayload.model_fields))
@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:20])
def test_a_strange_value_of_any_field_costs_nothing_else(name: str, value: object) -> None:
    """Also of fields that the SDK will know one day; only a size that is none makes the job unusable."""
    try:
        read = ImagePayload.model_validate({"prompt": "a fox", "cfg_scale": 5, name: value})
    except ValidationError:
        assert name in ImagePayload.must_fit
        assert isinstance(value, int | float) and not isinstance(value, bool)
    else:
        assert name == "prompt" or read.prompt == "a fox"
        assert name == "cfg_scale" or read.cfg_scale == 5


def test_what_the_sdk_reads_is_there_for_backends_to_come() -> None:
    """LoRAs as its objects; one that is none does not take the picture along."""
    read = ImagePayload.model_validate({"loras": [{"name": "26975", "model": 0.8}], "control_type": "canny"})
    assert read.loras is not None
    assert (read.loras[0].name, read.loras[0].model, read.control_type) == ("26975", 0.8, "canny")
    assert ImagePayload.model_validate({"loras": [{"model": 0.8}]}).loras is None
    assert ImagePayload.model_validate({"loras": [{"name": "a"}] * (MAX_ITEMS + 1)}).loras is None


@pytest.mark.parametrize(
    ("sent", "kept"), [("plain 🦊", "plain 🦊"), ("\ud83e\udd8a", "🦊"), ("a\ud83e", "a\ufffd"), ("", "")]
)
def test_halves_of_characters_are_joined_or_marked(sent: str, kept: str) -> None:
    """JSON may hold them, and a prompt is not lost for one."""
    assert whole_text(sent) == kept
    job = read_image_pop({"ids": ["a"], "payload": {"prompt": sent}})
    assert job is not None and job.prompt == kept


def test_no_answer_takes_long_to_read() -> None:
    """However much a horde sends, it is cut before it is looked at."""
    many = list(range(300_000))
    job = read_image_pop({"ids": ["a"], "messages": many, "skipped": many, "payload": {"loras": many, "tis": many}})
    assert job is not None
