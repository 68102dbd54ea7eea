"""What is kept back: abuse of children always, the rest by its flag."""

from __future__ import annotations

from itertools import product

import pytest
from pydantic import ValidationError

from horde_sdk.safety import (
    ImageSafetyResult,
    SafetyResult,
    SafetyRules,
    TextSafetyResult,
    default_image_safety_rules,
    default_safety_rules,
    default_text_safety_rules,
)

FLAG_OF_FINDING = {
    "is_nsfw": "should_censor_nsfw",
    "is_hate_speech": "should_censor_hate_speech",
    "is_violent": "should_censor_violent",
    "is_self_harm": "should_censor_self_harm",
}


@pytest.mark.parametrize("finding", FLAG_OF_FINDING)
def test_each_finding_has_a_flag_of_its_own(finding: str) -> None:
    result = SafetyResult(**{"is_nsfw": False, finding: True})

    for flags in product([True, False], repeat=len(FLAG_OF_FINDING)):
        rules = SafetyRules(**dict(zip(FLAG_OF_FINDING.values(), flags, strict=True)))
        assert rules.should_censor(result) is getattr(rules, FLAG_OF_FINDING[finding])


def test_abuse_of_children_is_kept_back_whatever_the_rules() -> None:
    nothing_else = SafetyRules(False, False, False, False)

    assert nothing_else.should_censor(SafetyResult(is_nsfw=False, is_csam=True)) is True
    assert nothing_else.should_censor(SafetyResult(is_nsfw=True, is_csam=False)) is False


@pytest.mark.parametrize("rules", [default_safety_rules, default_image_safety_rules, default_text_safety_rules])
def test_what_was_not_looked_for_is_not_kept_back(rules: SafetyRules) -> None:
    assert rules.should_censor(TextSafetyResult(is_nsfw=False)) is False
    assert rules.should_censor(TextSafetyResult(is_nsfw=True)) is True


def test_images_are_always_looked_at_for_abuse_of_children() -> None:
    with pytest.raises(ValidationError, match="is_csam"):
        ImageSafetyResult(is_nsfw=False)  # type: ignore[call-arg]
