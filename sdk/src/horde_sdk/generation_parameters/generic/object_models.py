"""Feature flags of all kinds of generation, and the protocol of who knows models by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pydantic import BaseModel


class GenerationFeatureFlags(BaseModel):
    """What a job needs, or a worker can do, whatever the kind."""

    extra_texts: bool = False
    extra_source_images: bool = False


class ModelRecordResolver(ABC):
    """Finds the record of a model, wherever records are kept."""

    @abstractmethod
    def resolve_model_by_name(self, model_name: str) -> BaseModel | dict[Any, Any] | None:
        """Return the record, `None` for an unknown model."""
