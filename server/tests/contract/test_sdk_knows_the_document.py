"""The SDK's conformance tools, held against this server's own document."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hordes import Horde
from pydantic import AliasChoices

from horde_sdk import meta
from horde_sdk.ai_horde_api import apimodels
from horde_sdk.ai_horde_api.embedding_models import (
    DeleteEmbeddingRequest,
    EmbeddingAsyncRequest,
    EmbeddingStatusRequest,
)
from horde_sdk.consts import _ANONYMOUS_MODEL, PAYLOAD_HTTP_METHODS, HTTPStatusCode
from horde_sdk.generic_api._reflection import get_all_request_types
from horde_sdk.generic_api.apimodels import HordeRequest
from horde_sdk.generic_api.utils.swagger import SwaggerDoc
from horde_sdk.registration.paths import REGISTRATION_ENDPOINT_SUBPATH
from horde_sdk.webhooks import RenewWebhookSecretRequest, WebhookSecretRequest

OUR_ENDPOINTS = {
    "/v2/webhook_secret",
    # with its request in `horde_sdk.generation_pieces`
    "/v2/generate/pieces/{id}",
    # with their requests in `horde_sdk.events`
    "/v2/events",
    "/v2/generate/check",
    "/v2/generate/events/{id}",
    "/v2/generate/text/events/{id}",
    "/v2/interrogate/events/{id}",
    # with their requests in `horde_sdk.moderation`
    "/v2/audit",
    "/v2/generate/report/{id}",
    "/v2/operations/audit",
    "/v2/operations/audit/{entry_id}/undo",
    "/v2/operations/bans",
    "/v2/operations/bans/{ban_id}",
    "/v2/operations/reports",
    "/v2/operations/reports/{report_id}",
    "/v2/operations/requests",
    "/v2/operations/suspicions",
    "/v2/kudos/statement",
    # with their requests in `horde_sdk.ai_horde_api.embedding_models`, but for the workers'
    "/v2/generate/embedding/async",
    "/v2/generate/embedding/status/{id}",
    "/v2/generate/embedding/pop",
    "/v2/generate/embedding/submit",
    "/v2/explain/{id}",
    "/v2/explain/image",
    "/v2/explain/text",
    "/v2/status/eta",
    "/v2/keys",
    "/v2/keys/{key_id}",
    "/v2/keys/{key_id}/rotate",
    # for administrators, who have `horde admin news` and `horde admin document`
    "/v2/operations/news",
    "/v2/operations/news/{news_id}",
    "/v2/operations/documents/{document_name}",
    *map(str, REGISTRATION_ENDPOINT_SUBPATH),
}
"""Endpoints that the original lacks. Who adds one says here that the SDK need not know it, or teaches it to the SDK."""

OF_REGISTRATION = {
    "RegistrationTerms",
    "SignInWay",
    "RegistrationInput",
    "RegisteredUser",
    "SignInInput",
    "SignedInUser",
    "InvitationInput",
    "InvitationDetails",
    "RegistrationDecision",
    "WaitingRegistration",
}

NAMED_BY_US = {"InterrogationSubmit", "NewWorkerMessage"}
"""Bodies that the original's document calls by the name of another."""

REFUSALS = {"RequestError", "RequestValidationError"}
"""Answers that the SDK reads by one class of all APIs."""

UNNAMED_BY_THE_SDK = {
    *NAMED_BY_US,
    "RequestError",  # of all APIs
    "GenerationMetadataKobold",  # one class for the remarks of images and texts
    "InterrogationFormStatus",
    "ModelInterrogationFormStable",
    "HeartBeat",
    "HordeModesInput",
    "KudosTransferInput",
    "StyleSharedKey",  # of a style: `SharedKeyDetails`, whose id only the owner is told
    "TestFilterPrompt",
    # in `horde_sdk.moderation`, as other hordes lack them
    "AuditEntry",
    "AuditSubject",
    "BanDetails",
    "BanInput",
    "CancelledRequests",
    "DecidedReport",
    "OwnAuditEntry",
    "ReportReason",
    "ReportState",
    "ResultReport",
    "ResultReportDecision",
    "ResultReportInput",
    "Suspected",
    "KeptNewspiece",  # of endpoints that the original lacks
    "NewDocument",
    "NewNewspiece",
    "NewspieceChange",
    "WebhookSecret",  # with its requests in `horde_sdk.webhooks`, as other hordes lack it
    *OF_REGISTRATION,  # with its requests in `horde_sdk.registration`, for the same reason
    "AssistantMessage",  # parts of what a worker tells of a text, which the SDK hands on as they are
    "FunctionCall",
    "Logprobs",
    "TokenLogprob",
    "ToolCall",
    "TopLogprob",
    "Usage",
    "EmbeddingRequest",  # in `horde_sdk.ai_horde_api.embedding_models`, for the same reason
    "EmbeddingRequestStatus",
    "EmbeddingGeneration",
    "EmbeddingPop",
    "EmbeddingJob",
    "EmbeddingPayload",
    "EmbeddingSubmit",
    "ManyChecks",  # likewise in `horde_sdk.events`
    "Piece",  # likewise in `horde_sdk.generation_pieces`
    "PieceTaken",
    "KudosStatement",  # likewise in `horde_sdk.kudos_statement`
    "KudosStatementLine",
    "RequestExplanation",  # likewise in `horde_sdk.explanations`
    "ExplainedPart",
    "RefusedWorkers",
    "Suggestion",
    "SuggestedField",
    "Eta",
    "EtaAccuracy",
    "EtaAccuracies",
    "KeyInput",  # with the answers in `horde_sdk.account_keys`, for the same reason
    "KeyChange",
    "KeyRotation",
    "KeyDetails",
    "KeyMade",
    "Keys",
}
"""Models of the document that are no class of `apimodels`, or one without a name. Who adds one says why."""

OUR_FIELDS = {"capabilities", "named_only"}
"""What our own workers say when they ask for jobs, and others need not."""

NOT_SERVED: set[str] = set()
"""Requests that the original serves and this server does not."""


@contextmanager
def at_an_address(document: bytes) -> Iterator[str]:
    """Serve a document on loopback, as the SDK's tools fetch it over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _spellings(request: type[HordeRequest]) -> set[object]:
    """Return every name that a request takes for its fields."""
    names: set[object] = set(request.model_fields)
    for field in request.model_fields.values():
        names.add(field.alias)
        if isinstance(field.validation_alias, AliasChoices):
            names.update(field.validation_alias.choices)
    return names


def _without_names() -> set[str]:
    """Return the paths of bodies and answers that have no name of their own in the original's document."""
    requests = get_all_request_types("horde_sdk.ai_horde_api.apimodels")
    return {
        str(request.get_api_endpoint_subpath())
        for request in requests
        for model in (request, *request.get_success_status_response_pairs().values())
        if model.get_api_model_name() in (None, _ANONYMOUS_MODEL)
        if model is not request or request.get_http_method() in PAYLOAD_HTTP_METHODS
    }


def described(document: bytes) -> SwaggerDoc:
    return SwaggerDoc.model_validate_json(document)


@pytest.mark.asyncio(loop_scope="module")
class TestTheDocument:
    async def test_tools_of_the_sdk_find_nothing_amiss(
        self, module_horde: Horde, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No endpoint without a name, no request or answer without a class but the two kinds of refusal."""
        document = (await module_horde.client.get("/api/swagger.json")).content
        monkeypatch.delenv("AI_HORDE_DEV_URL", raising=False)
        with at_an_address(document) as url:
            monkeypatch.setenv("AI_HORDE_URL", url)
            unknown = meta.all_unknown_endpoints_ai_horde()
            undefined = meta.all_undefined_classes_for_endpoints(apimodels)

        assert unknown <= OUR_ENDPOINTS
        strange = {name for name, path in undefined.items() if path not in OUR_ENDPOINTS | _without_names()}
        assert strange - REFUSALS <= NAMED_BY_US

    async def test_every_answer_of_the_document_is_read_by_the_tools_of_the_sdk(self, module_horde: Horde) -> None:
        """Whatever status an endpoint may answer with has a name, and an example can be made of its body."""
        document = described((await module_horde.client.get("/api/swagger.json")).content)
        examples = document.get_all_response_examples()
        statuses = {status for verbs in examples.values() for answers in verbs.values() for status in answers}

        assert statuses >= {HTTPStatusCode.OK, HTTPStatusCode.CONTENT_TOO_LARGE, HTTPStatusCode.TOO_MANY_REQUESTS}
        assert set(document.definitions) - meta._defined_names(apimodels) <= UNNAMED_BY_THE_SDK

    async def test_secret_of_webhooks_is_known_to_the_sdk(self, module_horde: Horde) -> None:
        document = described((await module_horde.client.get("/api/swagger.json")).content)

        for request in (WebhookSecretRequest, RenewWebhookSecretRequest):
            path = str(request.get_api_endpoint_subpath())
            assert request.get_http_method() in document.get_all_verbs_for_endpoint(path)
            assert "WebhookSecret" in document.paths[path].get_all_response_models()

    async def test_registration_is_known_to_the_sdk(self, module_horde: Horde) -> None:
        """Every verb of its paths has a request, whose body and answer are named as here."""
        document = described((await module_horde.client.get("/api/swagger.json")).content)
        requests = get_all_request_types("horde_sdk.registration")
        known = {(str(each.get_api_endpoint_subpath()), each.get_http_method()) for each in requests}
        paths = set(map(str, REGISTRATION_ENDPOINT_SUBPATH))

        assert known == {(path, verb) for path in paths for verb in document.get_all_verbs_for_endpoint(path)}
        names = {each.get_api_model_name() for each in requests}
        names |= {each.get_default_success_response_type().get_api_model_name() for each in requests}
        assert names - {None, _ANONYMOUS_MODEL, "SimpleResponse"} == OF_REGISTRATION - {
            "SignInWay",
            "WaitingRegistration",
        }

    async def test_keys_of_accounts_are_known_to_the_sdk(self, module_horde: Horde) -> None:
        """Every verb, every field of a body, and what answers it."""
        document = described((await module_horde.client.get("/api/swagger.json")).content)
        bodies = document.get_all_payload_examples()
        requests = get_all_request_types("horde_sdk.account_keys")
        assert len(requests) == 5

        for request in requests:
            path = str(request.get_api_endpoint_subpath())
            assert request.get_http_method() in document.get_all_verbs_for_endpoint(path)
            body = bodies.get(path, {}).get(request.get_http_method(), {})
            assert set(body) <= _spellings(request)
            (answer,) = request.get_success_status_response_pairs().values()
            assert answer.get_api_model_name() in document.paths[path].get_all_response_models()

    async def test_embeddings_are_known_to_the_sdk(self, module_horde: Horde) -> None:
        """Every verb, every field of a body, and what answers it."""
        document = described((await module_horde.client.get("/api/swagger.json")).content)
        bodies = document.get_all_payload_examples()
        for request in (EmbeddingAsyncRequest, EmbeddingStatusRequest, DeleteEmbeddingRequest):
            path = str(request.get_api_endpoint_subpath())
            assert request.get_http_method() in document.get_all_verbs_for_endpoint(path)
            body = bodies.get(path, {}).get(request.get_http_method(), {})
            assert set(body) <= _spellings(request)
            answer = request.get_default_success_response_type()
            assert answer.get_api_model_name() in document.paths[path].get_all_response_models()

    async def test_requests_of_the_sdk_find_their_verb(self, module_horde: Horde) -> None:
        """Where the document has a request's path, it has its verb too."""
        document = described((await module_horde.client.get("/api/swagger.json")).content)
        missing = {
            f"{request.get_http_method()} {path}"
            for request in get_all_request_types("horde_sdk.ai_horde_api.apimodels")
            if (path := str(request.get_api_endpoint_subpath())) in document.paths
            and request.get_http_method() not in document.get_all_verbs_for_endpoint(path)
        }

        assert missing <= NOT_SERVED

    async def test_every_field_of_a_body_is_known_to_the_sdk(self, module_horde: Horde) -> None:
        """A field that the SDK does not know is sent, but nobody is told of it."""
        document = described((await module_horde.client.get("/api/swagger.json")).content)
        bodies = document.get_all_payload_examples()
        requests = get_all_request_types("horde_sdk.ai_horde_api.apimodels")
        unknown: set[str] = set()
        compared = 0
        for request in requests:
            body = bodies.get(str(request.get_api_endpoint_subpath()), {}).get(request.get_http_method())
            if body is not None:
                compared += 1
                unknown |= set(body) - _spellings(request)

        assert unknown <= OUR_FIELDS
        assert compared >= 10
