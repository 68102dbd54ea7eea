"""The bases of everything that travels: parts and messages, named or nameless in the API's document."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar

from pydantic import BaseModel

from horde_sdk._model_config import frozen_model_config

_SECRETS = frozenset({"sharedkey", "sharedkey_id", "sharedkey_ids", "webhook"})
"""Fields that let whoever reads them spend kudos or speak in somebody's name, whatever else is sensitive."""

FROZEN = frozen_model_config()
"""Read-only after construction."""


class HordeAPIObject(ABC):  # noqa: B024  # its descendants have abstract methods
    """Anything that the API's document may give a name: `class Part(HordeAPIObjectBaseModel, api_name="Part")`."""

    _api_name: ClassVar[str | None] = None

    def __init_subclass__(cls, *, api_name: str | None = None, **kwargs: Any) -> None:
        """Note the name; without one, the base's name stays."""
        super().__init_subclass__(**kwargs)
        if api_name is not None:
            cls._api_name = api_name

    @classmethod
    def get_api_model_name(cls) -> str | None:
        """Return the name in the API's document, `None` where it has none."""
        return cls._api_name

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        """Return the fields that never go into a log."""
        return {"apikey"}

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        """Return further fields that are left out of a log, for their size or privacy."""
        return set()

    def log_safe_model_dump(self, extra_exclude: set[str] | None = None) -> dict[str, Any]:
        """Return the fields without keys, images and whatever else the caller names."""
        hidden = _SECRETS | self.get_sensitive_fields() | self.get_extra_fields_to_exclude_from_log()
        hidden |= extra_exclude or set()
        if isinstance(self, BaseModel):
            dumped: dict[str, Any] = self.model_dump(exclude=set(hidden))
            return dumped
        return {}


class HordeAPIObjectBaseModel(HordeAPIObject, BaseModel):
    """A part of a request or response that the API's document names."""

    model_config = FROZEN


class HordeAPIData(BaseModel):
    """A part of a request or response without a name of its own."""

    model_config = FROZEN


class HordeAPIMessage(HordeAPIObject):
    """A request or a response."""
