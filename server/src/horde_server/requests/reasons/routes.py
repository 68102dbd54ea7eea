"""`/explain/{id}` and `/status/eta`: parse, call, answer."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.parameters import RequestId
from horde_server.http.rights import Right
from horde_server.requests.progress import parse_request_id
from horde_server.requests.reasons.answers import EtaAccuracies, RequestExplanation
from horde_server.requests.reasons.service import Reasoning

_encode = msgspec.json.Encoder().encode


def routes(reasoning: Reasoning) -> APIRouter:
    """For who knows the id of a request, and for everybody."""
    router = DeclaredRouter("/api/v2", tags=["v2"])

    @router.get(
        "/explain/{id}",
        right=Right.ANYBODY,
        operation_id="get_explanation",
        response_model=RequestExplanation,
        responses=refusals(404),
    )
    async def explain(request_id: RequestId) -> Response:
        """Why a request of any kind waits, what would make it possible, and when it will be done."""
        return json_response(_encode(await reasoning.explain(parse_request_id(request_id))))

    @router.get(
        "/status/eta",
        right=Right.ANYBODY,
        operation_id="get_eta_accuracy",
        response_model=EtaAccuracies,
        responses=refusals(),
    )
    async def accuracy() -> Response:
        """How well it was foretold in the last week when requests would be done."""
        return json_response(_encode(reasoning.accuracies()))

    return router.api
