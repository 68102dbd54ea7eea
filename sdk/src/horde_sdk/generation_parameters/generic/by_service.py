"""Generations that somebody else's service makes."""

from __future__ import annotations

from horde_sdk.consts import ServiceInfo
from horde_sdk.generation_parameters.generic.consts import UNDERLYING_GENERATION_SCHEME
from horde_sdk.generation_parameters.generic.parameters import GenerationParameterBaseModel


class GenerationByServiceParameters(GenerationParameterBaseModel):
    """A generation for which only the service is known, not what runs there."""

    underlying_generation_scheme: UNDERLYING_GENERATION_SCHEME = UNDERLYING_GENERATION_SCHEME.MODEL_FROM_SERVICE
    service: ServiceInfo

    @property
    def model_name(self) -> str | None:
        """The model at the service; `None` where the class of a service does not say."""
        return None
