"""Resolution of instructions such as `top 5` or `all sdxl` into names of image models."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from horde_sdk.ai_horde_api.apimodels.stats import (
    ImageStatsModelsRequest,
    ImageStatsModelsResponse,
    StatsModelsTimeframe,
)
from horde_sdk.ai_horde_api.consts import MODEL_STATE
from horde_sdk.exceptions import AIHordeRequestError
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_GENERATION_BASELINE
from horde_sdk.generic_api.apimodels import RequestErrorResponse
from horde_sdk.horde_logging import logger
from horde_sdk.worker.dispatch.ai_horde.bridge_data import MetaInstruction

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIManualClient

_BASELINE = KNOWN_IMAGE_GENERATION_BASELINE

LARGE_BASELINES = frozenset({_BASELINE.stable_cascade, _BASELINE.flux_1, _BASELINE.flux_schnell, _BASELINE.flux_dev})
"""Baselines whose models want more memory than most graphics cards have."""

LARGE_MODELS_VARIABLE = "AI_HORDE_MODEL_META_LARGE_MODELS"
"""Set to anything, large models are kept."""

_IMAGE_GENERATION = "image_generation"


class ModelReferenceManager(Protocol):
    """The manager of the package `horde_model_reference`, as far as it is needed here."""

    def get_all_model_references(self) -> Any:
        """Return records by name, by category."""
        ...


ImageModelReference = ModelReferenceManager | Mapping[str, Any] | None
"""What is known of image models: a manager, or records by name; a record is an object or a mapping with `baseline`,
`nsfw` and `inpainting`. `None`: nothing is known."""


class ImageModelLoadResolver:
    """Finds the models that instructions stand for.

    Example:
        ```python
        resolver = ImageModelLoadResolver({"Deliberate": {"baseline": "stable_diffusion_1", "nsfw": False}})
        resolver.resolve_meta_instructions(["top 5", "all sd15"], AIHordeAPIManualClient())
        ```
    """

    default_timeframe = StatsModelsTimeframe.month
    """How far back `top` and `bottom` look."""

    def __init__(self, model_reference_manager: ImageModelReference = None) -> None:
        """Take what is known of image models. It is asked each time, so it may change."""
        self._model_reference = model_reference_manager

    def resolve_meta_instructions(
        self,
        possible_meta_instructions: list[str],
        client: AIHordeAPIManualClient,
        *,
        load_large_models: bool = True,
    ) -> set[str]:
        """Return the models that instructions stand for; what is no instruction is left out.

        The horde is asked only where an instruction needs it, and once.

        Args:
            possible_meta_instructions: Entries of a worker's list of models.
            client: Asks the horde how often each model was used.
            load_large_models: Keep models that most graphics cards cannot hold.

        Raises:
            AIHordeRequestError: The horde answered with an error.
            HordeConnectionError: The horde could not be reached.
        """
        stats: ImageStatsModelsResponse | None = None
        found: set[str] = set()
        for entry in possible_meta_instructions:
            ranked = self._ranking(entry)
            if ranked is not None:
                stats = stats or self._ask_for_stats(client)
                rank, number = ranked
                found |= self._known(rank(number, stats, self.default_timeframe))
            else:
                found |= self._named(entry)
        return self.remove_large_models(found, load_large_models)

    def _ranking(self, entry: str) -> tuple[Callable[..., list[str]], int] | None:
        for pattern, rank in (
            (MetaInstruction.TOP_N_REGEX, self.resolve_top_n_model_names),
            (MetaInstruction.BOTTOM_N_REGEX, self.resolve_bottom_n_model_names),
        ):
            if match := self.meta_instruction_regex_match(pattern, entry):
                return rank, int(match.group(1))
        return None

    def _named(self, entry: str) -> set[str]:
        resolvers: dict[MetaInstruction, Callable[[], set[str]]] = {
            MetaInstruction.ALL_REGEX: self.resolve_all_model_names,
            MetaInstruction.ALL_SDXL_REGEX: lambda: self._of_baselines(_BASELINE.stable_diffusion_xl),
            MetaInstruction.ALL_SD15_REGEX: lambda: self._of_baselines(_BASELINE.stable_diffusion_1),
            MetaInstruction.ALL_SD21_REGEX: lambda: self._of_baselines(
                _BASELINE.stable_diffusion_2_512, _BASELINE.stable_diffusion_2_768
            ),
            MetaInstruction.ALL_SFW_REGEX: self.resolve_all_sfw_model_names,
            MetaInstruction.ALL_NSFW_REGEX: self.resolve_all_nsfw_model_names,
            MetaInstruction.ALL_INPAINTING_REGEX: self.resolve_all_inpainting_models,
        }
        for pattern, resolve in resolvers.items():
            if self.meta_instruction_regex_match(pattern, entry):
                return resolve()
        return set()

    @staticmethod
    def _ask_for_stats(client: AIHordeAPIManualClient) -> ImageStatsModelsResponse:
        answer = client.submit_request(ImageStatsModelsRequest(model_state=MODEL_STATE.known), ImageStatsModelsResponse)
        if isinstance(answer, RequestErrorResponse):
            raise AIHordeRequestError(answer)
        return answer

    @staticmethod
    def meta_instruction_regex_match(instruction: str, target_string: str) -> re.Match[str] | None:
        """Match an entry of a worker's list of models with the pattern of an instruction, whatever its capitals."""
        return re.match(instruction, target_string, re.IGNORECASE)

    def remove_large_models(self, models: set[str], load_large_models: bool = True) -> set[str]:
        """Return the models without those that most graphics cards cannot hold.

        Args:
            models: Names.
            load_large_models: Keep them all, as the environment variable `AI_HORDE_MODEL_META_LARGE_MODELS` does.
        """
        if load_large_models or os.environ.get(LARGE_MODELS_VARIABLE):
            return set(models)
        return set(models) - self._of_baselines(*LARGE_BASELINES)

    def resolve_all_model_names(self, ignore_large_models_env_var: bool = True) -> set[str]:
        """Return all models.

        Args:
            ignore_large_models_env_var: Return the large ones too, whatever the environment says.
        """
        names = set(self._records())
        return names if ignore_large_models_env_var else self.remove_large_models(names, load_large_models=False)

    def resolve_all_sfw_model_names(self) -> set[str]:
        """Return all models that are safe for work."""
        return {name for name, record in self._records().items() if not _said_of(record, "nsfw")}

    def resolve_all_nsfw_model_names(self) -> set[str]:
        """Return all models that are not safe for work."""
        return {name for name, record in self._records().items() if _said_of(record, "nsfw")}

    def resolve_all_inpainting_models(self) -> set[str]:
        """Return all models that are made for inpainting."""
        return {name for name, record in self._records().items() if _said_of(record, "inpainting")}

    def resolve_all_models_of_baseline(self, baseline: str) -> set[str]:
        """Return all models that derive from a baseline, such as `stable_diffusion_xl`."""
        return self._of_baselines(baseline)

    def _of_baselines(self, *baselines: str) -> set[str]:
        return {name for name, record in self._records().items() if _said_of(record, "baseline") in baselines}

    @staticmethod
    def resolve_top_n_model_names(
        number_of_top_models: int, response: ImageStatsModelsResponse, timeframe: StatsModelsTimeframe
    ) -> list[str]:
        """Return the models that were used most, the most used first; of equals, by name."""
        return _ranked(response.get_timeframe(timeframe), -1)[: max(0, number_of_top_models)]

    @staticmethod
    def resolve_bottom_n_model_names(
        number_of_bottom_models: int, response: ImageStatsModelsResponse, timeframe: StatsModelsTimeframe
    ) -> list[str]:
        """Return the models that were used least, the least used first; of equals, by name."""
        return _ranked(response.get_timeframe(timeframe), 1)[: max(0, number_of_bottom_models)]

    def _known(self, names: Collection[str]) -> set[str]:
        """Leave out what the reference does not know: no worker can load it."""
        records = self._records()
        unknown = [name for name in names if name not in records] if records else []
        if unknown:
            logger.warning("left out, as the model reference does not know them: %s", ", ".join(unknown))
        return set(names) - set(unknown)

    def _records(self) -> Mapping[str, Any]:
        reference = self._model_reference
        if reference is None or isinstance(reference, Mapping):
            return reference or {}
        records = reference.get_all_model_references().get(_IMAGE_GENERATION) or {}
        # Older releases of the package wrap the records of a category in a model.
        unwrapped: Mapping[str, Any] = getattr(records, "root", records)
        return unwrapped


def _said_of(record: Any, field: str) -> Any:
    return record.get(field) if isinstance(record, Mapping) else getattr(record, field, None)


def _ranked(counts: Mapping[str, int], direction: int) -> list[str]:
    names: Iterable[str] = counts
    return sorted(names, key=lambda name: (direction * counts[name], name))
