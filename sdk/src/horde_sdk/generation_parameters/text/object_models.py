"""Parameters of one text job, and the template that they may be made from."""

from __future__ import annotations

from collections.abc import Sequence
from enum import auto
from uuid import UUID

from pydantic import ConfigDict, Field

from horde_sdk._text_enum import TextEnum
from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.generic.object_models import GenerationFeatureFlags
from horde_sdk.generation_parameters.generic.parameters import (
    CompositeParametersBase,
    GenerationParameterBaseModel,
    GenerationWithModelParameters,
)
from horde_sdk.generation_parameters.result_ids import ResultIdAllocator, ensure_result_ids
from horde_sdk.generation_parameters.template_finalization import finalize_template_for_parameters


class FormatImplementationStandard(TextEnum):
    """Whose rules of tidying up a text are meant."""

    KOBOLD_AI = auto()


class FormatFeatureFlags(GenerationFeatureFlags):
    """How a text can be tidied up."""

    format_implementation_standard: FormatImplementationStandard | None = None
    leading_space_to_input_when_missing: bool = False
    remove_consecutive_newlines: bool = False
    remove_special_characters: bool = False
    remove_end_of_sentence: bool = False
    """Cut an unfinished last sentence."""
    remove_after_first_line: bool = False


class BasicTextGenerationFormatParameters(GenerationParameterBaseModel):
    """How to tidy up the text, by the API's names. What is left open is up to the worker."""

    frmtadsnsp: bool | None = None
    """Begin with a space where the prompt ends in a word."""
    frmtrmblln: bool | None = None
    """Remove blank lines."""
    frmtrmspch: bool | None = None
    """Remove special characters."""
    frmttriminc: bool | None = None
    """Cut an unfinished last sentence."""
    singleline: bool | None = None
    """Stop at the first line end."""


class BasicTextGenerationParametersTemplate(GenerationWithModelParameters):
    """`BasicTextGenerationParameters` with every field open. The bounds are those of the API."""

    prompt: str | None = None
    soft_prompt: str | None = None
    max_context_length: int | None = Field(default=None, ge=80, le=1_048_576)
    """Tokens of the prompt that the model looks at."""
    max_length: int | None = Field(default=None, ge=16, le=16_384)
    """Tokens to write."""
    stop_sequence: list[str] | None = None
    temperature: float | None = Field(default=None, ge=0.0, le=5.0)
    dynamic_temp_exponent: float | None = Field(default=None, ge=0.0, le=5.0)
    dynamic_temp_range: float | None = Field(default=None, ge=0.0, le=5.0)
    tfs: float | None = Field(default=None, ge=0.0, le=1.0)
    typical: float | None = Field(default=None, ge=0.0, le=1.0)
    sampler_order: list[int] | None = None
    """All samplers by number, in the order to apply."""
    smoothing_factor: float | None = Field(default=None, ge=0.0, le=10.0)
    top_a: float | None = Field(default=None, ge=0.0, le=1.0)
    top_k: int | None = Field(default=None, ge=0, le=200)
    top_p: float | None = Field(default=None, ge=0.001, le=1.0)
    min_p: float | None = Field(default=None, ge=0.0, le=1.0)
    rep_pen: float | None = Field(default=None, ge=1.0, le=3.0)
    rep_pen_range: int | None = Field(default=None, ge=0, le=4096)
    """Tokens."""
    rep_pen_slope: float | None = Field(default=None, ge=0.0, le=10.0)


class BasicTextGenerationParameters(BasicTextGenerationParametersTemplate):
    """What every text is made with. Read-only and hashable; further fields are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str
    prompt: str

    def __hash__(self) -> int:
        # Lists among the fields have no hash; model, prompt and lengths tell jobs apart well enough.
        return hash((self.model, self.prompt, self.max_length, self.max_context_length))


class TextGenerationParametersTemplate(CompositeParametersBase):
    """`TextGenerationParameters` with every field open; `to_parameters` closes them."""

    base_params: BasicTextGenerationParametersTemplate | None = None
    format_params: BasicTextGenerationFormatParameters | None = None

    def get_number_expected_results(self) -> int:
        return 1

    def to_parameters(
        self,
        *,
        base_param_updates: BasicTextGenerationParametersTemplate | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "text",
    ) -> TextGenerationParameters:
        """Return complete parameters. The template stays as it is.

        Args:
            base_param_updates: Its set fields replace those of `base_params`.
            result_ids: One for each text. Left out, the allocator makes one, or else chance.
            allocator: Makes the same id for the same parameters.
            seed: What the allocator's id is about, besides the parameters.

        Raises:
            ValueError: `base_params`, model or prompt is still open; or the count of ids is wrong.
        """
        if self.base_params is None:
            raise ValueError("a template without base_params cannot become parameters")
        base = finalize_template_for_parameters(
            self.base_params,
            overrides=base_param_updates.model_dump(exclude_none=True) if base_param_updates else None,
            exclude_none=True,
        )
        whole = finalize_template_for_parameters(self, overrides={"base_params": base.template}, exclude_none=True)
        return TextGenerationParameters(
            base_params=BasicTextGenerationParameters.model_validate(base.payload),
            format_params=self.format_params,
            underlying_generation_scheme=self.underlying_generation_scheme,
            result_ids=ensure_result_ids(
                result_ids,
                self.get_number_expected_results(),
                allocator=allocator,
                seed=seed,
                fingerprint=whole.fingerprint,
            ),
        )


class TextGenerationParameters(TextGenerationParametersTemplate):
    """Everything there is to know about one text job."""

    base_params: BasicTextGenerationParameters
    result_ids: list[str | UUID]
    """One for each text."""

    def to_parameters(
        self,
        *,
        base_param_updates: BasicTextGenerationParametersTemplate | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "text",
    ) -> TextGenerationParameters:
        """Return a copy with changes. Its results keep their ids unless others are given; nothing is allocated."""
        return super().to_parameters(
            base_param_updates=base_param_updates,
            result_ids=self.result_ids if result_ids is None else result_ids,
            allocator=allocator,
            seed=seed,
        )

    def get_number_expected_results(self) -> int:
        return max(1, len(self.result_ids))


class KoboldAITextGenerationParameters(TextGenerationParameters):
    """A text job in KoboldAI's terms."""

    use_default_bad_words_ids: bool | None = None
    """Never write the tokens that the backend lists as bad."""
