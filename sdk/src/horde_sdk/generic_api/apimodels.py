"""What requests and responses of any horde API are made of. All of it is read-only after construction."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel, field_validator

from horde_sdk._model_config import frozen_model_config
from horde_sdk.client_agent import default_bridge_agent_string
from horde_sdk.consts import ANON_API_KEY, API_KEY_LENGTH, SHARED_KEY_LENGTH, HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH, url_with_path
from horde_sdk.generic_api.follow_up import ResponseRequiringFollowUpMixin
from horde_sdk.generic_api.metadata import GenericAcceptTypes, GenericHeaderFields

__all__ = [
    "APIKeyAllowedInRequestMixin",
    "ContainsMessageResponseMixin",
    "ContainsWarningsResponseMixin",
    "HordeAPIData",
    "HordeAPIMessage",
    "HordeAPIObject",
    "HordeAPIObjectBaseModel",
    "HordeRequest",
    "HordeResponse",
    "HordeResponseBaseModel",
    "HordeResponseRootModel",
    "HordeResponseTypes",
    "MessageSpecifiesUserIDMixin",
    "RequestErrorResponse",
    "RequestSingleWarning",
    "RequestSpecifiesUserIDMixin",
    "RequestUsesWorkerMixin",
    "ResponseRequiringFollowUpMixin",
    "ResponseWithProgressMixin",
]

T = TypeVar("T")

_FROZEN = frozen_model_config()


class HordeAPIObject(ABC):
    """Anything that the API's document gives a name."""

    @classmethod
    @abstractmethod
    def get_api_model_name(cls) -> str | None:
        """Return the name in the API's document, `None` where it has none."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        """Return the fields that never go into a log."""
        return {"apikey"}

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        """Return further fields that are left out of a log, for their size or privacy."""
        return set()

    def log_safe_model_dump(self, extra_exclude: set[str] | None = None) -> dict[str, Any]:
        """Return the fields without keys, images and whatever else the caller names."""
        hidden = self.get_sensitive_fields() | self.get_extra_fields_to_exclude_from_log() | (extra_exclude or set())
        if isinstance(self, BaseModel):
            dumped: dict[str, Any] = self.model_dump(exclude=hidden)
            return dumped
        return {}


class HordeAPIObjectBaseModel(HordeAPIObject, BaseModel):
    """A part of a request or response that the API's document names."""

    model_config = _FROZEN

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return None


class HordeAPIData(BaseModel):
    """A part of a request or response without a name of its own."""

    model_config = _FROZEN


class HordeAPIMessage(HordeAPIObject):
    """A request or a response."""


class HordeRequest(HordeAPIMessage, BaseModel):
    """Something to ask the API."""

    model_config = _FROZEN

    accept: GenericAcceptTypes = GenericAcceptTypes.json
    client_agent: str = Field(default=default_bridge_agent_string, alias="Client-Agent")
    """Who asks, as `name:version:contact`."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return None

    @classmethod
    @abstractmethod
    def get_http_method(cls) -> HTTPMethod:
        """Return the verb."""

    @classmethod
    @abstractmethod
    def get_api_url(cls) -> str:
        """Return the base URL where the client has none of its own."""

    @classmethod
    @abstractmethod
    def get_api_endpoint_subpath(cls) -> GENERIC_API_ENDPOINT_SUBPATH:
        """Return the path below the base URL, with placeholders."""

    @classmethod
    def get_api_endpoint_url(cls) -> str:
        """Return the URL, with placeholders."""
        return url_with_path(base_url=cls.get_api_url(), path=cls.get_api_endpoint_subpath())

    @classmethod
    @abstractmethod
    def get_default_success_response_type(cls) -> type[Any]:
        """Return the class of the usual good answer."""

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        """Return the class of the answer by HTTP status."""
        return {HTTPStatusCode.OK: cls.get_default_success_response_type()}

    @classmethod
    def get_header_fields(cls) -> list[str]:
        """Return the fields that travel as headers."""
        return [field for field in GenericHeaderFields if field in cls.model_fields]

    @classmethod
    def get_query_fields(cls) -> list[str]:
        """Return the fields that travel in the query."""
        return []

    def get_number_of_results_expected(self) -> int:
        """Return how many results a complete answer holds."""
        return 1

    def get_requires_follow_up(self) -> bool:
        """Tell whether a good answer obliges the caller to ask or say more."""
        return any(
            issubclass(answer, ResponseRequiringFollowUpMixin)
            for answer in self.get_success_status_response_pairs().values()
        )


class HordeResponse(HordeAPIMessage):
    """An answer of the API."""

    @property
    @abstractmethod
    def time_constructed(self) -> float:
        """Return when the answer was parsed, in seconds since the epoch."""


class HordeResponseBaseModel(HordeResponse, BaseModel):
    """An answer that is a JSON object."""

    model_config = _FROZEN

    _time_constructed: float = PrivateAttr(default_factory=time.time)

    @property
    def time_constructed(self) -> float:
        return self._time_constructed

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return None


class HordeResponseRootModel(RootModel[T], HordeResponse):
    """An answer that is a JSON list."""

    model_config = ConfigDict(frozen=True)

    _time_constructed: float = PrivateAttr(default_factory=time.time)

    @property
    def time_constructed(self) -> float:
        return self._time_constructed

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return None


HordeResponseTypes = HordeResponseRootModel[Any] | HordeResponseBaseModel


class ContainsMessageResponseMixin(HordeAPIData):
    """An answer that may carry a sentence."""

    message: str = ""


class RequestSingleWarning(HordeAPIObjectBaseModel):
    """A warning about an accepted request."""

    code: str | None = None
    message: str | None = None


@Unhashable
@Unequatable
class ContainsWarningsResponseMixin(HordeAPIData):
    """An answer that may carry warnings."""

    warnings: list[RequestSingleWarning] | None = None


class RequestErrorResponse(HordeResponseBaseModel, ContainsMessageResponseMixin):
    """The answer to a request that failed."""

    object_data: object = None
    """What the server sent, where it could not be understood."""

    rc: str = "RC_MISSING"
    """The return code, see `horde_sdk.ai_horde_api.consts.RC`; new servers may send others."""

    _http_status: int | None = PrivateAttr(default=None)

    @property
    def http_status(self) -> int | None:
        """The HTTP status of the answer, where it came over HTTP."""
        return self._http_status

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "RequestError"


class ResponseWithProgressMixin(HordeAPIData):
    """An answer that tells how far a job is."""

    @abstractmethod
    def is_job_complete(self, number_of_result_expected: int) -> bool:
        """Tell whether all results are there."""

    @abstractmethod
    def is_job_possible(self) -> bool:
        """Tell whether a worker that could do the job was seen lately."""

    @classmethod
    def is_final_follow_up(cls) -> bool:
        """Tell whether this answer, once complete, ends the job's life on the server."""
        return False

    @classmethod
    @abstractmethod
    def get_finalize_success_request_type(cls) -> type[HordeRequest] | None:
        """Return the request that fetches the results, `None` where this answer holds them."""


class APIKeyAllowedInRequestMixin(HordeAPIObjectBaseModel):
    """A request that may carry a key; without one, the client's key is used."""

    apikey: str | None = Field(default=None, repr=False)

    @classmethod
    def is_api_key_required(cls) -> bool:
        """Tell whether the endpoint refuses requests without a key."""
        return True

    @field_validator("apikey", mode="before")
    @classmethod
    def _key_looks_like_one(cls, key: object) -> object:
        if key is None:
            return ANON_API_KEY
        if key == ANON_API_KEY or not isinstance(key, str):
            return key
        if len(key) == SHARED_KEY_LENGTH:
            try:
                UUID(key)
            except ValueError:
                raise ValueError("a key of 36 characters must be a shared key, which is a UUID") from None
        elif len(key) != API_KEY_LENGTH:
            raise ValueError("an API key has 22 characters, a shared key 36")
        return key


class MessageSpecifiesUserIDMixin(HordeAPIData):
    """A message about one user."""

    user_id: str

    @field_validator("user_id")
    @classmethod
    def _user_id_is_numeric(cls, user_id: str) -> str:
        if not user_id.isdigit():
            raise ValueError("a user's id consists of digits only; it is the number behind # in the user's alias")
        return user_id


RequestSpecifiesUserIDMixin = MessageSpecifiesUserIDMixin
"""The name that releases 0.17 and 0.18 used."""


class RequestUsesWorkerMixin(HordeAPIData):
    """Choices about the workers that may serve a request."""

    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: list[str] = Field(default_factory=list)
    worker_blacklist: bool = False
    """Read `workers` as those to avoid."""
    models: list[str]
    """Models to choose from; an empty list allows any."""
    validated_backends: bool | None = None
    style: str | None = None
    dry_run: bool = False
    """Ask for the price only."""
    webhook: str | None = None
    allow_downgrade: bool = False
    """Rather reduce size or steps than refuse for want of kudos."""
    proxied_account: str | None = None
    disable_batching: bool | None = False
