"""POST /v2/generate/pieces/{id}: what is there of a generation while it is made. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin, HordeResponseBaseModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH


class PIECES_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Path of pieces, which OpenHorde has and other AI Hordes lack."""

    v2_generate_pieces = "/v2/generate/pieces/{id}"


@Unhashable
@Unequatable
class GenerationPiecesResponse(HordeResponseBaseModel, api_name="GenerationPiecesTaken"):
    """How the horde goes on with a generation's pieces: 200 of POST /v2/generate/pieces/{id}."""

    next: int | None = None
    """Bytes of the text that the horde has: the next piece begins there."""
    next_delta: int | None = None
    """The same of deltas."""
    wanted: bool = True
    """Whether anybody looks on; else only signs of life are of use."""
    cancelled: bool = False
    """Whether nobody waits for the result any more."""
    previews: bool | None = None
    """Whether somebody wants to see the picture half made."""
    interval_ms: int | None = None
    """How long to wait before the next pieces."""


@Unhashable
@Unequatable
class GenerationPiecesRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=PIECES_ENDPOINT_SUBPATH.v2_generate_pieces,
    api_name="GenerationPieces",
):
    """Tell what is there of a generation, or that it is being worked on: POST /v2/generate/pieces/{id}."""

    seq: int = Field(ge=0)
    """The number of this call for the generation, rising."""
    at: int | None = Field(default=None, ge=0)
    """How many bytes of the text, as UTF-8, come before `text`."""
    text: str | None = None
    """The text goes on with this."""
    tokens: int | None = Field(default=None, ge=0)
    """Tokens of the text so far."""
    deltas_at: int | None = Field(default=None, ge=0)
    """How many deltas come before `deltas`."""
    deltas: list[dict[str, Any]] | None = None
    """The answer goes on with these, each as OpenAI's API has it in a chunk."""
    step: int | None = Field(default=None, ge=0)
    """Steps of the picture that are done."""
    steps: int | None = Field(default=None, ge=0)
    """Of how many."""
    index: int | None = Field(default=None, ge=0)
    """Which picture of a batch."""
    preview: str | None = None
    """The picture half made, as base64."""

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"text", "deltas", "preview"}

    @classmethod
    def get_default_success_response_type(cls) -> type[GenerationPiecesResponse]:
        return GenerationPiecesResponse
