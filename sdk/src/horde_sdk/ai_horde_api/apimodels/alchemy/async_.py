"""POST /v2/interrogate/async: ask for work on an image."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from horde_sdk.ai_horde_api.apimodels.alchemy.status import AlchemyDeleteRequest, AlchemyStatusRequest
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobResponseMixin, SingleWarningEntry
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIData,
    HordeResponseBaseModel,
    HordeResponseTypes,
    ResponseRequiringFollowUpMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class AlchemyAsyncResponse(
    HordeResponseBaseModel,
    JobResponseMixin,
    ResponseRequiringFollowUpMixin,
    ContainsMessageResponseMixin,
    api_name="RequestInterrogationResponse",
):
    """An alchemy request was accepted: 202 of POST /v2/interrogate/async."""

    warnings: list[SingleWarningEntry] | None = None
    """What may not turn out as meant."""

    def get_follow_up_returned_params(self, *, as_python_field_name: bool = False) -> list[dict[str, Any]]:
        return [{"id_" if as_python_field_name else "id": self.id_}]

    @classmethod
    def get_follow_up_default_request_type(cls) -> type[AlchemyStatusRequest]:
        return AlchemyStatusRequest

    @classmethod
    def get_follow_up_failure_cleanup_request_type(cls) -> type[AlchemyDeleteRequest]:
        return AlchemyDeleteRequest


class AlchemyAsyncRequestFormItem(HordeAPIData):
    """One thing to do with the image."""

    name: KNOWN_ALCHEMY_TYPES | str
    """What is to be done."""
    payload: Any | None = None
    """Options of the form, by name."""


@Unhashable
@Unequatable
class AlchemyAsyncRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_interrogate_async,
    api_name="ModelInterrogationInputStable",
):
    """Ask for one or more things to be done with an image: POST /v2/interrogate/async."""

    forms: list[AlchemyAsyncRequestFormItem]
    """All that is to be done, each once."""
    source_image: str = Field(repr=False)
    """A URL (http or https), or the image in base64."""
    trusted_workers: bool = False
    """Trusted workers only."""
    slow_workers: bool = True
    """Slow workers too; refusing them costs more."""
    extra_slow_workers: bool = False
    """Very slow workers too."""
    webhook: str | None = Field(default=None, repr=False)
    """A URL that each result is posted to."""

    @field_validator("forms")
    @classmethod
    def _at_least_one_form(cls, forms: list[AlchemyAsyncRequestFormItem]) -> list[AlchemyAsyncRequestFormItem]:
        if not forms:
            raise ValueError("ask for at least one form")
        return forms

    @field_validator("source_image")
    @classmethod
    def _url_or_base64(cls, source: str) -> str:
        # By its beginning, as servers decide: base64 may well contain the letters "http" further on.
        if source.startswith("http"):
            parts = urlsplit(source)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("a URL of an image is http or https, with a host")
            return source
        try:
            base64.b64decode(source)
        except (binascii.Error, ValueError):
            raise ValueError("the image is neither a URL nor base64") from None
        return source

    def get_number_of_results_expected(self) -> int:
        return len(self.forms)

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"source_image"}

    @classmethod
    def get_default_success_response_type(cls) -> type[AlchemyAsyncResponse]:
        return AlchemyAsyncResponse

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.ACCEPTED: AlchemyAsyncResponse}
