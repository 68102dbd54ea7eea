"""Templates become dumps, and dumps get fingerprints."""

from __future__ import annotations

from typing import Any

from horde_sdk.generation_parameters.image.object_models import BasicImageGenerationParametersTemplate
from horde_sdk.generation_parameters.utils import (
    TemplateFinalization,
    apply_template_overrides,
    compute_parameter_fingerprint,
    finalize_template_for_parameters,
)

TEMPLATE = BasicImageGenerationParametersTemplate(prompt="a fox", steps=5)


def test_a_template_without_overrides_is_dumped_as_it_is() -> None:
    final = apply_template_overrides(TEMPLATE)

    assert final.template == TEMPLATE
    assert final.payload == TEMPLATE.model_dump()


def test_overrides_change_a_copy() -> None:
    final = apply_template_overrides(TEMPLATE, overrides={"steps": 7})

    assert (final.template.steps, final.payload["steps"], TEMPLATE.steps) == (7, 7, 5)


def test_an_override_of_none_opens_a_field_again() -> None:
    final = apply_template_overrides(TEMPLATE, overrides={"prompt": None}, exclude_none=True)

    assert "prompt" not in final.payload


def test_open_fields_can_be_left_out() -> None:
    final = apply_template_overrides(TEMPLATE, exclude_none=True)

    assert {name for name in final.payload if name not in ("schema_version", "underlying_generation_scheme")} == {
        "prompt",
        "steps",
    }


def test_overrides_that_the_template_has_no_field_for_are_ignored() -> None:
    assert apply_template_overrides(TEMPLATE, overrides={"no_such_field": 1}).payload == TEMPLATE.model_dump()


def test_the_fingerprint_is_that_of_the_dump() -> None:
    final = finalize_template_for_parameters(TEMPLATE, overrides={"steps": 7})

    assert final.fingerprint == compute_parameter_fingerprint(final.payload)
    assert final.fingerprint != finalize_template_for_parameters(TEMPLATE).fingerprint


def test_excluded_fields_do_not_count_and_stay_in_the_dump() -> None:
    five, seven = (
        finalize_template_for_parameters(TEMPLATE, overrides={"steps": steps}, fingerprint_exclude_fields={"steps"})
        for steps in (5, 7)
    )

    assert five.fingerprint == seven.fingerprint
    assert (five.payload["steps"], seven.payload["steps"]) == (5, 7)


def test_a_transform_changes_what_counts_and_not_the_dump() -> None:
    seen: list[TemplateFinalization[BasicImageGenerationParametersTemplate]] = []

    def only_the_prompt(
        final: TemplateFinalization[BasicImageGenerationParametersTemplate], counted: dict[str, Any]
    ) -> None:
        seen.append(final)
        for name in counted.keys() - {"prompt"}:
            del counted[name]

    final = finalize_template_for_parameters(TEMPLATE, fingerprint_transform=only_the_prompt)

    assert final.fingerprint == compute_parameter_fingerprint({"prompt": "a fox"})
    assert final.payload == TEMPLATE.model_dump() == seen[0].payload
