"""The bases of requests and responses of any horde API. All of it is read-only after construction."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, RootModel

from horde_sdk.client_agent import default_bridge_agent_string
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.api_objects import (
    FROZEN,
    HordeAPIData,
    HordeAPIMessage,
    HordeAPIObject,
    HordeAPIObjectBaseModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH, url_with_path
from horde_sdk.generic_api.metadata import GenericAcceptTypes, GenericHeaderFields
from horde_sdk.generic_api.request_parts import (
    APIKeyAllowedInRequestMixin,
    MessageSpecifiesUserIDMixin,
    RequestSpecifiesUserIDMixin,
    RequestUsesWorkerMixin,
)

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


class HordeRequest(HordeAPIMessage, BaseModel):
    """Something to ask the API: `class NewsRequest(HordeRequest, method=HTTPMethod.GET, endpoint=PATHS.news)`."""

    model_config = FROZEN

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


class ResponseRequiringFollowUpMixin(ABC):
    """An answer after which something lives on the server until it is fetched, submitted or cancelled."""

    @abstractmethod
    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        """Return, for each follow-up, the fields that come from this answer."""

    def get_follow_up_extra_params(self) -> dict[str, object]:
        """Return fields of each follow-up that do not come from this answer."""
        return {}

    def get_follow_up_all_params(self) -> list[dict[str, object]]:
        """Return all fields of each follow-up."""
        return [{**params, **self.get_follow_up_extra_params()} for params in self.get_follow_up_returned_params()]

    @classmethod
    @abstractmethod
    def get_follow_up_default_request_type(cls) -> type[HordeRequest]:
        """Return the usual next request."""

    @classmethod
    @abstractmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[HordeRequest]:
        """Return the request that tells the server that nobody will follow up."""

    @classmethod
    def get_follow_up_request_types(cls) -> list[type[HordeRequest]]:
        """Return all requests that follow up."""
        return [cls.get_follow_up_default_request_type()]

    def get_follow_up_failure_cleanup_params(self) -> dict[str, object]:
        """Return fields of the clean-up request beyond those that come from this answer."""
        return {}

    def get_follow_up_failure_cleanup_request(self) -> list[HordeRequest]:
        """Return the requests that clean up after this answer."""
        if self.ignore_failure():
            return []
        cleanup = self.get_follow_up_failure_cleanup_request_type()
        extra = self.get_follow_up_failure_cleanup_params()
        return [cleanup.model_validate({**params, **extra}) for params in self.get_follow_up_returned_params()]

    def ignore_failure(self) -> bool:
        """Tell whether there is nothing to clean up."""
        return False

    def does_target_request_follow_up(self, target_request: HordeRequest) -> bool:
        """Tell whether a request is about what this answer started."""
        if not isinstance(target_request, tuple(self.get_follow_up_request_types())):
            return False
        return any(
            all(getattr(target_request, name, None) == value for name, value in params.items())
            for params in self.get_follow_up_returned_params(as_python_field_name=True)
        )


class HordeResponse(HordeAPIMessage):
    """An answer of the API."""

    @property
    @abstractmethod
    def time_constructed(self) -> float:
        """Return when the answer was parsed, in seconds since the epoch."""


class HordeResponseBaseModel(HordeResponse, BaseModel):
    """An answer that is a JSON object."""

    model_config = FROZEN

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
    """What the server has to say, empty where it says nothing."""


class RequestSingleWarning(HordeAPIObjectBaseModel):
    """A warning about an accepted request."""

    code: str | None = None
    """What is warned of, in one word."""
    message: str | None = None
    """The warning as a sentence."""


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

    def note_http(self, status: int, retry_after_s: float) -> None:
        """Take note of what HTTP says besides the body."""
        self._http_status, self._retry_after_s = status, retry_after_s

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


def __getattr__(name: str) -> object:
    # Only workers fetch what belongs to an answer.
    if name == "ResponseRequiringDownloadMixin":
        from horde_sdk.generic_api.downloads import ResponseRequiringDownloadMixin

        return ResponseRequiringDownloadMixin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
