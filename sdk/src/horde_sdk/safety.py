"""Safety checks: what a check of a result found, and whether the result is to be kept back for it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel


class SafetyResult(BaseModel):
    """What a check found. `None`: not looked for. Likelihoods are 0 to 1."""

    is_nsfw: bool
    nsfw_likelihood: float | None = None
    is_csam: bool | None = None
    csam_likelihood: float | None = None
    is_hate_speech: bool | None = None
    hate_speech_likelihood: float | None = None
    is_violent: bool | None = None
    violent_likelihood: float | None = None
    is_self_harm: bool | None = None
    self_harm_likelihood: float | None = None


class ImageSafetyResult(SafetyResult):
    """What a check of an image found."""

    is_csam: bool


class TextSafetyResult(SafetyResult):
    """What a check of a text found."""


@dataclass
class SafetyRules:
    """What is kept back. Abuse of children always is.

    Attributes:
        should_censor_nsfw: Keep back what is not safe for work.
        should_censor_hate_speech: Keep back hate speech.
        should_censor_violent: Keep back violence.
        should_censor_self_harm: Keep back self-harm.
    """

    should_censor_nsfw: bool = True
    should_censor_hate_speech: bool = True
    should_censor_violent: bool = True
    should_censor_self_harm: bool = True

    def should_censor(self, safety_result: SafetyResult) -> bool:
        """Tell whether a result is to be kept back."""
        return bool(
            safety_result.is_csam
            or (self.should_censor_nsfw and safety_result.is_nsfw)
            or (self.should_censor_hate_speech and safety_result.is_hate_speech)
            or (self.should_censor_violent and safety_result.is_violent)
            or (self.should_censor_self_harm and safety_result.is_self_harm)
        )


default_safety_rules = SafetyRules()
"""Everything is kept back."""
default_image_safety_rules = SafetyRules()
"""Everything is kept back."""
default_text_safety_rules = SafetyRules()
"""Everything is kept back."""
