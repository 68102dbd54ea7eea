"""Follow-ups: what a caller owes the server after some answers, to fetch results or to say that it will not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horde_sdk.generic_api.apimodels import HordeRequest


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
