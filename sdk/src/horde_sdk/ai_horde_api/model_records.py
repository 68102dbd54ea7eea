"""Records of models by name, from whatever reference the program has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from horde_sdk.generation_parameters.generic.object_models import ModelRecordResolver

Record = BaseModel | dict[Any, Any]


class AIHordeModelRecordResolver(ModelRecordResolver):
    """Looks a model of the horde up."""

    def __init__(self, find_record: Callable[[str], Record | None] | None = None) -> None:
        """Keep the reference.

        Args:
            find_record: Returns the record of a model by name; left out: no model is known.
        """
        self._find_record = find_record

    def resolve_model_by_name(self, model_name: str) -> Record | None:
        return None if self._find_record is None else self._find_record(model_name)
