"""Feature flags of alchemy: what it needs of the worker that takes it."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
from horde_sdk.generation_parameters.generic.object_models import GenerationFeatureFlags


class AlchemyFeatureFlags(GenerationFeatureFlags):
    """The operations that a job needs, or a worker can do."""

    alchemy_types: list[KNOWN_ALCHEMY_TYPES] = Field(default_factory=list)
