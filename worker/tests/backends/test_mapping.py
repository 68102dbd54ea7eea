"""No parameter of a job is unaccounted for in any backend."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopPayload
from horde_sdk.ai_horde_api.apimodels.generate.text.pop import ModelPayloadKobold
from horde_worker.backends.mapping import (
    CONVERSATION_PARAMETERS,
    IMAGE_PARAMETERS,
    TEXT_PARAMETERS,
    Mapped,
    conversation_mappings,
    image_mappings,
    text_mappings,
)

NOT_OF_A_JOB = {
    "seed_variation",  # the horde draws the seeds by it before it hands jobs out
    "post_processing_order",  # `post_processing` comes in its order
    "special",  # for models of one's own: no backend here knows any
    "quiet",  # of the log of a program that serves texts
    "api_name",
}


def names_of(model: type) -> set[str]:
    """A model's fields by their names on the wire."""
    fields = model.model_fields.items()  # type: ignore[attr-defined]  # a pydantic model
    return {field.alias or name for name, field in fields} - NOT_OF_A_JOB


def test_the_lists_name_every_parameter_of_the_api() -> None:
    """What the SDK knows of a job's payload, the table knows."""
    assert names_of(ImageGenerateJobPopPayload) <= set(IMAGE_PARAMETERS)
    assert names_of(ModelPayloadKobold) <= {*TEXT_PARAMETERS, *CONVERSATION_PARAMETERS}


@pytest.mark.parametrize(("name", "mapping"), image_mappings().items())
def test_a_backend_accounts_for_every_parameter_of_an_image(name: str, mapping: Mapping[str, Mapped]) -> None:
    """Sent, done by the worker, dropped with a loss that is told, or not offered."""
    assert set(mapping) == set(IMAGE_PARAMETERS)
    assert all(_says_something(one) for one in mapping.values())


@pytest.mark.parametrize(("name", "mapping"), text_mappings().items())
def test_a_backend_accounts_for_every_parameter_of_a_text(name: str, mapping: Mapping[str, Mapped]) -> None:
    """Sent, done by the worker, dropped with a loss that is told, or not offered."""
    assert set(mapping) == set(TEXT_PARAMETERS)
    assert all(_says_something(one) for one in mapping.values())


@pytest.mark.parametrize(("name", "mapping"), conversation_mappings().items())
def test_a_backend_that_takes_conversations_accounts_for_all_of_them(name: str, mapping: Mapping[str, Mapped]) -> None:
    """Of the others, the prompt is what counts."""
    assert set(mapping) == set(CONVERSATION_PARAMETERS)
    assert all(_says_something(one) for one in mapping.values())


def _says_something(mapped: Mapped) -> bool:
    return bool(getattr(mapped, dataclasses.fields(mapped)[0].name))
