"""What requests and responses of any horde API are made of. All of it is read-only after construction."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
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
    "ResponseRequiringDownloadMixin",
    "ResponseRequiringFollowUpMixin",
    "ResponseWithProgressMixin",
]

if TYPE_CHECKING:
    from horde_sdk.generic_api.downloads import ResponseRequiringDownloadMixin

T = TypeVar("T")

_FROZEN = frozen_model_config()


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
        hidden = self.get_sensitive_fields() | self.get_extra_fields_to_exclude_from_log() | (extra_exclude or set())
        if isinstance(self, BaseModel):
            dumped: dict[str, Any] = self.model_dump(exclude=hidden)
            return dumped
        return {}


class HordeAPIObjectBaseModel(HordeAPIObject, BaseModel):
    """A part of a request or response that the API's document names."""

    model_config = _FROZEN


class HordeAPIData(BaseModel):
    """A part of a request or response without a name of its own."""

    model_config = _FROZEN


class HordeAPIMessage(HordeAPIObject):
    """A request or a response."""


class HordeRequest(HordeAPIMessage, BaseModel):
    """Something to ask the API: `class NewsRequest(HordeRequest, method=HTTPMethod.GET, endpoint=PATHS.news)`."""

    model_config = _FROZEN

    _method: ClassVar[HTTPMethod]
    _endpoint: ClassVar[GENERIC_API_ENDPOINT_SUBPATH]

    accept: GenericAcceptTypes = GenericAcceptTypes.json
    """The kind of answer that is understood."""
    client_agent: str = Field(default=default_bridge_agent_string, alias="Client-Agent")
    """Who asks, as `name:version:contact`."""

    def __init_subclass__(
        cls,
        *,
        method: HTTPMethod | None = None,
        endpoint: GENERIC_API_ENDPOINT_SUBPATH | None = None,
        **kwargs: Any,
    ) -> None:
        """Note verb and path; without them, the base's stay."""
        super().__init_subclass__(**kwargs)
        if method is not None:
            cls._method = method
        if endpoint is not None:
            cls._endpoint = endpoint

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        """Return the verb."""
        return cls._method

    @classmethod
    @abstractmethod
    def get_api_url(cls) -> str:
        """Return the base URL where the client has none of its own."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> GENERIC_API_ENDPOINT_SUBPATH:
        """Return the path below the base URL, with placeholders."""
        return cls._endpoint

    @classmethod
    def get_api_endpoint_url(cls) -> str:
        """Return the URL, with placeholders."""
        return url_with_path(base_url=cls.get_api_url(), path=cls.get_api_endpoint_subpath())

    @classmethod
    @abstractmethod
    def get_default_success_response_type(cls) -> type[Any]:
        """Return the class of the usual good answer."""

    @classmethod
    def get_success_response_type(cls) -> type[Any]:
        """Return the same, under the name of old releases."""
        return cls.get_default_success_response_type()

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


class HordeResponseRootModel(HordeResponse, RootModel[T]):
    """An answer that is a JSON list."""

    model_config = ConfigDict(frozen=True)

    _time_constructed: float = PrivateAttr(default_factory=time.time)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.root)  # type: ignore[call-overload,no-any-return]

    def __getitem__(self, index: int) -> Any:
        return self.root[index]  # type: ignore[index]

    @property
    def time_constructed(self) -> float:
        return self._time_constructed


HordeResponseTypes = HordeResponseRootModel[Any] | HordeResponseBaseModel


class ContainsMessageResponseMixin(HordeAPIData):
    """An answer that may carry a sentence."""

    message: str = ""
    """The sentence."""


class RequestSingleWarning(HordeAPIObjectBaseModel):
    """A warning about an accepted request."""

    code: str | None = None
    """What is warned of, in one word."""
    message: str | None = None
    """The same as a sentence."""


@Unhashable
@Unequatable
class ContainsWarningsResponseMixin(HordeAPIData):
    """An answer that may carry warnings."""

    warnings: list[RequestSingleWarning] | None = None
    """What may not turn out as meant."""


class RequestErrorResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="RequestError"):
    """The answer to a request that failed."""

    object_data: object = None
    """What the server sent, where it could not be understood."""

    rc: str = "RC_MISSING"
    """The return code, see `horde_sdk.ai_horde_api.consts.RC`; new servers may send others."""

    _http_status: int | None = PrivateAttr(default=None)
    _retry_after_s: float = PrivateAttr(default=0.0)

    @property
    def http_status(self) -> int | None:
        """The HTTP status of the answer, where it came over HTTP."""
        return self._http_status

    @property
    def retry_after_s(self) -> float:
        """How long the server wants to be left alone; 0 where it did not say."""
        return self._retry_after_s


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

    # A mistyped key, or a megabyte of picture, is not for logs.
    model_config = ConfigDict(hide_input_in_errors=True)

    apikey: str | None = Field(default=None, repr=False)
    """Who asks; an explicit `None` is the anonymous key."""

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
    """The number behind `#` in the user's name."""

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
    """Trusted workers only."""
    slow_workers: bool = True
    """Slow workers too; refusing them costs more."""
    extra_slow_workers: bool = False
    """Very slow workers too."""
    workers: list[str] = Field(default_factory=list)
    """Ids of the workers that may serve the request; empty: any."""
    worker_blacklist: bool = False
    """Read `workers` as those to avoid."""
    models: list[str]
    """Models to choose from; an empty list allows any."""
    validated_backends: bool | None = None
    """Workers with a known program only."""
    style: str | None = None
    """Name or id of a style to apply."""
    dry_run: bool = False
    """Ask for the price only."""
    webhook: str | None = None
    """A URL that each result is posted to."""
    allow_downgrade: bool = False
    """Rather reduce size or steps than refuse for want of kudos."""
    proxied_account: str | None = None
    """For which of its users a service asks."""
    disable_batching: bool | None = False
    """Make each result on its own, so that it can be made again exactly."""


def __getattr__(name: str) -> object:
    # Only workers fetch what belongs to an answer.
    if name == "ResponseRequiringDownloadMixin":
        from horde_sdk.generic_api.downloads import ResponseRequiringDownloadMixin

        return ResponseRequiringDownloadMixin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
