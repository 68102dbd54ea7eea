"""Faults of fields are told in plain words, with the value given where that is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pydantic
import pytest

from horde_server.errors import MOST_FAULTS, InvalidPayload
from horde_server.http.fault_words import in_words
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.image.worker_schemas import ImagePop

JARGON = re.compile(r"Input should|Value should|after validation|valid string|Extra inputs|None|dictionary")


def faults(model: type[pydantic.BaseModel], given: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(pydantic.ValidationError) as caught:
        model.model_validate(given())
    return {
        ".".join(map(str, fault["loc"])): in_words(fault["type"], fault.get("ctx") or {}, fault["input"], fault["msg"])
        for fault in caught.value.errors()
    }


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("width", 500, "must be a multiple of 64, not 500"),
        ("width", 0, "must be at least 64, not 0"),
        ("steps", 501, "must be at most 500, not 501"),
        ("steps", 20.5, "must be a whole number, not 20.5"),
        ("steps", "20", "must be a whole number, not text"),
        ("steps", True, "must be a whole number, not true or false"),
        ("steps", None, "must not be null: leave the field out"),
        ("cfg_scale", "7", "must be a number, not text"),
        ("cfg_scale", 100.5, "must be at most 100, not 100.5"),
        ("karras", 1, "must be true or false, not 1"),
        ("seed", 5, "must be text, not 5"),
        ("seed", "5" * 1001, "must have at most 1000 characters"),
        ("loras", {}, "must be a list, not an object"),
        ("special", [], "must be an object, not a list"),
        ("post_processing", ["GFPGAN"] * 51, "must have at most 50 items, not 51"),
    ],
)
def test_a_fault_says_what_must_be(field: str, value: object, words: str) -> None:
    assert faults(ImageRequest, lambda: {"prompt": "x", "params": {field: value}}) == {f"params.{field}": words}


def test_of_few_words_the_wrong_one_is_repeated_and_all_right_ones_are_named() -> None:
    told = faults(ImageRequest, lambda: {"prompt": "x", "params": {"sampler_name": "k_eulr"}})["params.sampler_name"]
    assert told.startswith("must be 'k_lms', ")
    assert told.endswith(" or 'lcm', not 'k_eulr'")


def test_texts_are_counted_in_characters_and_are_never_repeated() -> None:
    assert faults(ImageRequest, lambda: {"prompt": ""}) == {"prompt": "must have at least 1 character"}
    told = faults(ImageRequest, lambda: {"prompt": "x", "nsfw": "a secret wish"})
    assert told == {"nsfw": "must be true or false, not text"}
    assert faults(ImagePop, lambda: {"name": "w", "models": ["ab"]}) == {"models.0": "must have at least 3 characters"}


def test_what_is_missing_is_named() -> None:
    assert faults(ImageRequest, dict) == {"prompt": "is required, and missing"}


def test_no_refusal_of_an_image_request_speaks_the_librarys_language() -> None:
    values: tuple[Any, ...] = (None, 1, 1.5, "x" * 2_000_000, [], [[]], {}, True)
    for value in values:
        for name in ImageRequest.model_fields:
            body = {"prompt": "x", name: value}
            try:
                ImageRequest.model_validate(body)
            except pydantic.ValidationError as error:
                for fault in error.errors():
                    told = in_words(fault["type"], fault.get("ctx") or {}, fault["input"], fault["msg"])
                    assert not JARGON.search(told), told


class TestBounds:
    """A refusal is short, however much is wrong."""

    def test_twenty_faults_are_named_and_the_others_counted(self) -> None:
        refusal = InvalidPayload({f"field{number}": "is wrong" for number in range(MOST_FAULTS + 7)})
        assert len(refusal.errors) == MOST_FAULTS
        assert refusal.message == "Input payload validation failed (7 more faults are not named)"

    def test_the_fixed_message_stays_where_all_are_named(self) -> None:
        assert InvalidPayload({"prompt": "is wrong"}).message == "Input payload validation failed"

    @pytest.mark.parametrize("character", ["x", "\0", "\U0001f600"])
    def test_names_and_reasons_are_cut(self, character: str) -> None:
        refusal = InvalidPayload({f"{number}{character * 5000}": character * 5000 for number in range(30)})
        assert len(str(refusal.errors).encode()) < 16 * 1024
        assert refusal.errors
