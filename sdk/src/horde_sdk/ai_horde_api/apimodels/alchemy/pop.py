"""POST /v2/interrogate/pop: a worker asks for alchemy forms."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.alchemy.submit import AlchemyJobSubmitRequest
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin
from horde_sdk.ai_horde_api.apimodels.workers.message_parts import PopResponseModelMessage
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import HTTPMethod
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES, KNOWN_ANNOTATION_CONTROL_TYPES
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class AlchemyFormPayloadStable(HordeAPIObjectBaseModel, api_name="ModelInterrogationFormPayloadStable"):
    """Options of a form; those not listed here are kept too. Many servers send every value as text."""

    control_type: KNOWN_ANNOTATION_CONTROL_TYPES | str | None = None
    """Which control map to draw."""
    additionalProp1: str | None = Field(default=None, validation_alias="additionalProp1")
    """A placeholder of the API's document."""
    additionalProp2: str | None = Field(default=None, validation_alias="additionalProp2")
    """A placeholder of the API's document."""
    additionalProp3: str | None = Field(default=None, validation_alias="additionalProp3")
    """A placeholder of the API's document."""


class AlchemyPopFormPayload(HordeAPIObjectBaseModel, JobRequestMixin, api_name="InterrogationPopFormPayload"):
    """One form to do. Forms of one image come with the same `source_image`."""

    form: KNOWN_ALCHEMY_TYPES | str = Field(union_mode="left_to_right")
    """What is to be done."""
    payload: AlchemyFormPayloadStable | None = None
    """Its options."""
    r2_upload: str | None = Field(default=None, repr=False)
    """A signed URL to PUT the image to, of forms whose result is one."""
    source_image: str | None = Field(default=None, repr=False)
    """URL of the image."""

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"r2_upload", "source_image"}

    __hash__ = JobRequestMixin.__hash__


class NoValidAlchemyFound(HordeAPIObjectBaseModel, api_name="NoValidInterrogationsFound"):
    """How many waiting forms a worker was not given, by reason."""

    bridge_version: int | None = Field(default=None, ge=0)
    """Wanting more than its program can do."""
    untrusted: int | None = Field(default=None, ge=0)
    """For trusted workers only."""
    worker_id: int | None = Field(default=None, ge=0)
    """For other workers."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoValidAlchemyFound) and self._counts() == other._counts()

    def __hash__(self) -> int:
        return hash(self._counts())

    def _counts(self) -> tuple[int | None, ...]:
        return self.bridge_version, self.untrusted, self.worker_id


def _id_of(form: AlchemyPopFormPayload) -> str:
    return str(form.id_)


class AlchemyJobPopResponse(HordeResponseBaseModel, ResponseRequiringFollowUpMixin, api_name="InterrogationPopPayload"):
    """Forms to do, or why there are none. Equal are those with the same forms, in any order, and counts.

    200 of POST /v2/interrogate/pop.
    """

    forms: list[AlchemyPopFormPayload] | None = None
    """What is to be done."""
    skipped: NoValidAlchemyFound | None = None
    """Why other forms were not given."""
    messages: list[PopResponseModelMessage] | None = None
    """What the horde tells the worker, where it tells alchemists anything."""

    @property
    def ids(self) -> list[GenerationID]:
        """The ids of the forms."""
        return [form.id_ for form in self.forms or []]

    @property
    def ids_present(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.forms)

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"forms"}

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        return [{"id_" if as_python_field_name else "id": form_id} for form_id in self.ids]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[AlchemyJobSubmitRequest]:
        return AlchemyJobSubmitRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[AlchemyJobSubmitRequest]:
        return AlchemyJobSubmitRequest

    def get_follow_up_failure_cleanup_params(self) -> dict[str, object]:
        return {"state": GENERATION_STATE.faulted, "result": {}}

    def ignore_failure(self) -> bool:
        return not self.ids_present

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AlchemyJobPopResponse)
            and sorted(self.forms or [], key=_id_of) == sorted(other.forms or [], key=_id_of)
            and self.skipped == other.skipped
        )

    def __hash__(self) -> int:
        return hash((frozenset(self.ids), self.skipped))


AlchemyPopResponse = AlchemyJobPopResponse
"""The name that releases 0.17 and 0.18 used."""


@Unhashable
@Unequatable
class AlchemyPopRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_interrogate_pop,
    api_name="InterrogationPopInput",
):
    """Ask for alchemy forms: POST /v2/interrogate/pop."""

    bridge_agent: str = Field(default="unknown", max_length=1000)
    """The worker's program, as `name:version:contact`."""
    name: str
    """The worker's name."""
    priority_usernames: list[str]
    """Users whose forms it does first."""
    forms: list[KNOWN_ALCHEMY_TYPES]
    """Those that the worker can do."""
    annotation_types: list[KNOWN_ANNOTATION_CONTROL_TYPES] | None = None
    """Control maps that it can draw."""
    amount: int
    """How many forms at most."""
    threads: int = Field(default=1, ge=1)
    """How many forms it works on at once."""
    max_tiles: int = Field(default=16, ge=1, le=256)
    """The largest image, in tiles of 512 pixels by 512."""

    @classmethod
    def get_default_success_response_type(cls) -> type[AlchemyJobPopResponse]:
        return AlchemyJobPopResponse
