"""Text jobs and their templates, with the bounds of the API (requests.md §8.3)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from horde_sdk.generation_parameters.generic import GenerationByServiceParameters, GenerationParameterList
from horde_sdk.generation_parameters.generic.consts import KNOWN_AUX_MODEL_SOURCE
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationFormatParameters,
    BasicTextGenerationParameters,
    BasicTextGenerationParametersTemplate,
    KoboldAITextGenerationParameters,
    TextGenerationParameters,
    TextGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator


def basics(**fields: Any) -> BasicTextGenerationParameters:
    return BasicTextGenerationParameters(**{"model": "m", "prompt": "Once", **fields})


def a_template(**base: Any) -> TextGenerationParametersTemplate:
    return TextGenerationParametersTemplate(
        base_params=BasicTextGenerationParametersTemplate(**{"model": "m", "prompt": "Once", **base})
    )


@pytest.mark.parametrize(
    ("field", "least", "greatest", "beyond"),
    [
        ("max_context_length", 80, 1_048_576, (79, 1_048_577)),
        ("max_length", 16, 16_384, (15, 16_385)),
        ("temperature", 0, 5, (-0.1, 5.1)),
        ("dynamic_temp_exponent", 0, 5, (-0.1, 5.1)),
        ("dynamic_temp_range", 0, 5, (-0.1, 5.1)),
        ("tfs", 0, 1, (-0.1, 1.1)),
        ("typical", 0, 1, (-0.1, 1.1)),
        ("smoothing_factor", 0, 10, (-0.1, 10.1)),
        ("top_a", 0, 1, (-0.1, 1.1)),
        ("top_k", 0, 200, (-1, 201)),
        ("top_p", 0.001, 1, (0, 1.1)),
        ("min_p", 0, 1, (-0.1, 1.1)),
        ("rep_pen", 1, 3, (0.9, 3.1)),
        ("rep_pen_range", 0, 4096, (-1, 4097)),
        ("rep_pen_slope", 0, 10, (-0.1, 10.1)),
    ],
)
def test_bounds_of_the_basics(field: str, least: float, greatest: float, beyond: tuple[float, float]) -> None:
    for value in (least, greatest):
        assert getattr(basics(**{field: value}), field) == value
    for value in beyond:
        with pytest.raises(ValidationError, match=field):
            basics(**{field: value})


@pytest.mark.parametrize("needed", ["model", "prompt"])
def test_model_and_prompt_are_needed(needed: str) -> None:
    with pytest.raises(ValidationError, match=needed):
        basics(**{needed: None})
    with pytest.raises(ValidationError, match=needed):
        a_template(**{needed: None}).to_parameters()


def test_basics_keep_what_they_do_not_know() -> None:
    assert basics(mirostat=2).model_dump()["mirostat"] == 2


def test_basics_are_read_only_and_hashable_also_with_lists() -> None:
    one, same, other = (basics(stop_sequence=[stop]) for stop in ("a", "a", "b"))

    assert {one, same, other} == {one, other}
    with pytest.raises(ValidationError, match="frozen"):
        one.prompt = "Twice"  # type: ignore[misc]


def test_a_template_is_closed_with_its_updates() -> None:
    template = a_template(max_length=80)

    made = template.to_parameters(base_param_updates=BasicTextGenerationParametersTemplate(max_length=20))

    assert type(made) is TextGenerationParameters
    assert made.base_params == basics(max_length=20)
    assert len(made.result_ids) == made.get_number_expected_results() == 1
    assert template == a_template(max_length=80)


def test_formatting_is_handed_on() -> None:
    format_params = BasicTextGenerationFormatParameters(frmttriminc=True)
    template = a_template().model_copy(update={"format_params": format_params})

    assert template.to_parameters().format_params == format_params


def test_a_template_without_basics_cannot_be_closed() -> None:
    with pytest.raises(ValueError, match="without base_params"):
        TextGenerationParametersTemplate().to_parameters()


def test_ids_are_given_or_the_allocators() -> None:
    allocator = ResultIdAllocator()

    assert a_template().to_parameters(result_ids=["x"]).result_ids == ["x"]
    with pytest.raises(ValueError, match="1 results want as many ids, not 2"):
        a_template().to_parameters(result_ids=["x", "y"])
    first, again, other = (
        a_template(prompt=prompt).to_parameters(allocator=allocator).result_ids for prompt in ("a", "a", "b")
    )
    assert first == again != other


def test_a_job_yields_a_text_for_each_id() -> None:
    job = KoboldAITextGenerationParameters(base_params=basics(), result_ids=["a", "b"], use_default_bad_words_ids=True)

    assert job.get_number_expected_results() == 2


def test_a_list_of_parts_finds_them_by_type() -> None:
    parts = GenerationParameterList[Any]([basics()])
    parts.add_component(basics(prompt="Twice"))

    found = parts.get_component_by_type(BasicTextGenerationParameters)

    assert found is parts[0]
    assert len(parts) == 2
    assert [part.prompt for part in parts] == ["Once", "Twice"]
    assert parts.get_component_by_type(GenerationByServiceParameters) is None


@pytest.mark.parametrize(
    ("source", "service"), [("LOCAL", "UNKNOWN"), ("CIVITAI", "CIVITAI"), ("HORDELING", "AI_HORDE")]
)
def test_a_source_of_small_models_belongs_to_a_service(source: str, service: str) -> None:
    assert KNOWN_AUX_MODEL_SOURCE(source).map_to_known_service() == service


def test_results_of_complete_parameters_keep_their_ids() -> None:
    base = BasicTextGenerationParameters(model="m", prompt="once")
    job = TextGenerationParameters(base_params=base, result_ids=["existing"])

    assert job.to_parameters(allocator=ResultIdAllocator()).result_ids == ["existing"]
    assert job.to_parameters(result_ids=["given"]).result_ids == ["given"]
