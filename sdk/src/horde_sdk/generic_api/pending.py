"""The memory of a session: answers that still oblige it to something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeRequest,
    HordeResponseTypes,
    RequestErrorResponse,
    ResponseRequiringFollowUpMixin,
    ResponseWithProgressMixin,
)
from horde_sdk.horde_logging import logger


@dataclass(eq=False, slots=True)
class PendingFollowUp:
    """Something that lives on the server until it is fetched, submitted or cancelled."""

    request: HordeRequest
    response: ResponseRequiringFollowUpMixin
    cleanup: list[HordeRequest]

    def is_closed_by(self, request: HordeRequest, response: HordeResponseTypes) -> bool:
        """Tell whether nothing is left to do after this good answer; clean-ups that are done are crossed off."""
        # Compared by type and id: some requests are, by design, equal to nothing but themselves.
        done = [one for one in self.cleanup if type(one) is type(request) and _same_job(one, request)]
        if done:
            self.cleanup = [one for one in self.cleanup if one not in done]
            return not self.cleanup
        if not self.response.does_target_request_follow_up(request):
            return False
        if isinstance(response, ResponseWithProgressMixin):
            return response.is_final_follow_up() and (
                response.is_job_complete(self.request.get_number_of_results_expected())
                or bool(getattr(response, "done", False))
            )
        return True


def _same_job(one: HordeRequest, other: HordeRequest) -> bool:
    identity = getattr(one, "id_", None)
    return identity is not None and identity == getattr(other, "id_", None)


class PendingFollowUps:
    """The open entries of one session."""

    def __init__(self) -> None:
        self._entries: list[PendingFollowUp] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[PendingFollowUp]:
        return iter(list(self._entries))

    def note(self, request: HordeRequest, response: HordeResponseTypes) -> None:
        """Take in an answer: open an entry, or close one. Error answers change nothing."""
        if isinstance(response, RequestErrorResponse):
            return
        if isinstance(response, ResponseRequiringFollowUpMixin):
            self._open(request, response)
            return
        self._entries = [entry for entry in self._entries if not entry.is_closed_by(request, response)]

    def take(self) -> list[PendingFollowUp]:
        """Remove and return all entries."""
        taken, self._entries = self._entries, []
        return taken

    def take_those_of(self, answers: Iterable[object]) -> list[PendingFollowUp]:
        """Remove and return the entries that these answers opened."""
        openers = {id(answer) for answer in answers}
        taken = [entry for entry in self._entries if id(entry.response) in openers]
        self._entries = [entry for entry in self._entries if id(entry.response) not in openers]
        return taken

    def _open(self, request: HordeRequest, response: ResponseRequiringFollowUpMixin) -> None:
        if cleanup := cleanup_or_none(response):
            requests = [_with_key_of(request, one) for one in cleanup]
            self._entries.append(PendingFollowUp(request, response, requests))


def cleanup_or_none(response: ResponseRequiringFollowUpMixin) -> list[HordeRequest] | None:
    """Return the requests that clean up after an answer, `None` where they cannot be made: the answer is good still."""
    try:
        return response.get_follow_up_failure_cleanup_request()
    except ValidationError:
        logger.exception("no clean-up is known for %s", type(response).__name__)
        return None


def _with_key_of(request: HordeRequest, cleanup: HordeRequest) -> HordeRequest:
    """Return the clean-up with the key of the request that it follows: another key would be refused."""
    if not isinstance(request, APIKeyAllowedInRequestMixin) or not isinstance(cleanup, APIKeyAllowedInRequestMixin):
        return cleanup
    return cleanup.model_copy(update={"apikey": request.apikey})
