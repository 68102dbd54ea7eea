"""GET /v2/documents/…: what a horde tells its users about itself."""

from __future__ import annotations

from enum import auto

from pydantic import Field

from horde_sdk._text_enum import TextEnum
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel


class DocumentFormat(TextEnum):
    """How a document is written."""

    html = auto()
    markdown = auto()


class HordeDocument(HordeResponseBaseModel, api_name="HordeDocument"):
    """A document, in the format asked for.

    200 of GET /v2/documents/privacy, 200 of GET /v2/documents/sponsors, 200 of GET /v2/documents/terms.
    """

    html: str | None = None
    """As HTML."""
    markdown: str | None = None
    """As Markdown."""


class AIHordeDocumentRequestMixin(HordeAPIObjectBaseModel):
    """A request for a document."""

    format: DocumentFormat | str = Field(default=DocumentFormat.html, union_mode="left_to_right")
    """How it is to be written."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        """Return the fields that travel in the query."""
        return ["format"]

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeDocument]:
        """Return the class of the usual good answer."""
        return HordeDocument


class AIHordeGetPrivacyPolicyRequest(
    AIHordeDocumentRequestMixin,
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_documents_privacy,
):
    """Ask for the privacy policy: GET /v2/documents/privacy."""


class AIHordeGetSponsorsRequest(
    AIHordeDocumentRequestMixin,
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_documents_sponsors,
):
    """Ask for the sponsors: GET /v2/documents/sponsors."""


class AIHordeGetTermsRequest(
    AIHordeDocumentRequestMixin,
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_documents_terms,
):
    """Ask for the terms of service: GET /v2/documents/terms."""
