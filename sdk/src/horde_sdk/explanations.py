"""/v2/explain: why a request waits, what would help, and when it will be done. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.

    explanation = client.ask(ExplainRequest(id=request_id), RequestExplanation)
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin
from horde_sdk.ai_horde_api.apimodels.generate.async_ import ImageGenerateAsyncRequest
from horde_sdk.ai_horde_api.apimodels.generate.text.async_ import TextGenerateAsyncRequest
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel, HordeResponseTypes
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH


class EXPLANATION_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Paths of explanations, which OpenHorde has and other AI Hordes lack."""

    v2_explain = "/v2/explain/{id}"
    v2_explain_image = "/v2/explain/image"
    v2_explain_text = "/v2/explain/text"
    v2_status_eta = "/v2/status/eta"


class RefusedWorkers(HordeAPIObjectBaseModel, api_name="RefusedWorkers"):
    """How many of the workers online are refused for one reason."""

    reason: str
    """As in `skipped` of a pop: `models`, `max_pixels`, `lora` and so on."""
    workers: int
    description: str
    """What can follow "they"."""


class SuggestedField(HordeAPIObjectBaseModel, api_name="SuggestedField"):
    """A field of the request's body to send otherwise."""

    field: str
    """By dotted path: `params.width`."""
    value: Any = None
    """Not sent where the field is to be left out: see `is_left_out`."""

    @property
    def is_left_out(self) -> bool:
        """Whether the field is to be left out of the body."""
        return "value" not in self.model_fields_set


class Suggestion(HordeAPIObjectBaseModel, api_name="Suggestion"):
    """Changes that, all of them together, would make the request possible."""

    description: str
    """A sentence."""
    workers: int
    """How many could serve it then."""
    points: int
    """How much of the wish is given up: the fewer the better. The cheapest suggestion comes first."""
    changes: list[SuggestedField]

    def applied_to(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a request's body with the changes made; the body itself stays as it is."""
        changed = {name: dict(value) if isinstance(value, dict) else value for name, value in body.items()}
        for change in self.changes:
            *path, name = change.field.split(".")
            place = changed
            for step in path:
                place = place.setdefault(step, {})
            if change.is_left_out:
                place.pop(name, None)
            else:
                place[name] = change.value
        return changed


class Eta(HordeAPIObjectBaseModel, api_name="Eta"):
    """Seconds from now by which such requests are done."""

    p50: float | None = None
    """Half of them; `None`: so many never are."""
    p90: float | None = None
    """Nine of ten; `None`: so many never are."""


class ExplainedPart(HordeAPIObjectBaseModel, api_name="ExplainedPart"):
    """A request as it stands, or one form of an interrogation. In raid mode a horde tells nothing of workers."""

    form: str | None = None
    """Of an interrogation."""
    done: bool
    faulted: bool
    is_possible: bool
    queue_position: int
    eta: Eta | None = None
    """`None`: it is done, or nobody serves it."""
    online: int | None = None
    """Workers of its kind."""
    able: int | None = None
    """Those of them that may serve it."""
    refused: list[RefusedWorkers] = Field(default_factory=list)
    """The most frequent reason first."""
    suggestions: list[Suggestion] = Field(default_factory=list)
    """What would make it possible, where nobody may serve it; the cheapest first."""
    is_complete: bool = True
    """Whether nothing cheaper than these would do."""


class EtaAccuracy(HordeAPIObjectBaseModel, api_name="EtaAccuracy"):
    """How well it was foretold in the last week when requests of a kind would be done."""

    requests: int
    within_p50: float | None = None
    """Share of them that was done by its `p50`: one half, were it perfect."""
    within_p90: float | None = None
    typical_factor: float | None = None
    """By how much `p50` was off on average: 1.5 is a half more, or a third less."""


@Unhashable
@Unequatable
class RequestExplanation(HordeResponseBaseModel, api_name="RequestExplanation"):
    """Why a request stands as it does: 200 of GET /v2/explain/{id}."""

    id_: str | None = Field(default=None, alias="id")
    """`None`: it was not asked for yet."""
    type_: str = Field(alias="type")
    """`image`, `text` or `interrogation`."""
    parts: list[ExplainedPart]
    """One, or one for each form of an interrogation."""
    eta_accuracy: EtaAccuracy
    """Of requests of its kind."""


class ExplainRequest(
    BaseAIHordeRequest, JobRequestMixin, method=HTTPMethod.GET, endpoint=EXPLANATION_ENDPOINT_SUBPATH.v2_explain
):
    """Ask why a request of any kind waits: GET /v2/explain/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RequestExplanation]:
        return RequestExplanation


class ExplainImageRequest(
    ImageGenerateAsyncRequest,
    method=HTTPMethod.POST,
    endpoint=EXPLANATION_ENDPOINT_SUBPATH.v2_explain_image,
    api_name="GenerationInputStable",
):
    """Ask whether images could be made now, without asking for them: POST /v2/explain/image."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RequestExplanation]:  # type: ignore[override]  # asks for no images
        return RequestExplanation

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.OK: RequestExplanation}


class ExplainTextRequest(
    TextGenerateAsyncRequest,
    method=HTTPMethod.POST,
    endpoint=EXPLANATION_ENDPOINT_SUBPATH.v2_explain_text,
    api_name="GenerationInputKobold",
):
    """Ask whether texts could be written now, without asking for them: POST /v2/explain/text."""

    @classmethod
    def get_default_success_response_type(cls) -> type[RequestExplanation]:  # type: ignore[override]  # asks for no texts
        return RequestExplanation

    @classmethod
    def get_success_status_response_pairs(cls) -> dict[HTTPStatusCode, type[HordeResponseTypes]]:
        return {HTTPStatusCode.OK: RequestExplanation}


@Unhashable
@Unequatable
class EtaAccuracies(HordeResponseBaseModel, api_name="EtaAccuracies"):
    """How well it was foretold when requests would be done, by kind: 200 of GET /v2/status/eta."""

    image: EtaAccuracy
    text: EtaAccuracy
    interrogation: EtaAccuracy
    embedding: EtaAccuracy | None = None
    """`None`: the horde makes none."""


class EtaAccuracyRequest(
    BaseAIHordeRequest, method=HTTPMethod.GET, endpoint=EXPLANATION_ENDPOINT_SUBPATH.v2_status_eta
):
    """Ask how well it was foretold in the last week when requests would be done: GET /v2/status/eta."""

    @classmethod
    def get_default_success_response_type(cls) -> type[EtaAccuracies]:
        return EtaAccuracies
