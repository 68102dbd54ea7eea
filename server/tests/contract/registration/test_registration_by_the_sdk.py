"""The SDK's requests of registration are taken as they are, and its models know every field of the answers."""

from __future__ import annotations

from typing import Any

from hordes import Horde, StartHorde
from openid_provider import Provider, callback, query_of
from unknown_fields import unknown_fields

from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.consts import HTTPStatusCode
from horde_sdk.generic_api.apimodels import HordeRequest, RequestErrorResponse
from horde_sdk.generic_api.steps import Answer
from horde_sdk.generic_api.wire import Caller, to_exchange, to_response
from horde_sdk.registration import (
    InvitationCreateRequest,
    InvitationRevokeRequest,
    InvitationsRequest,
    RegisterRequest,
    RegistrationDecisionRequest,
    RegistrationTermsRequest,
    SignInRequest,
    WaitingRegistrationsRequest,
)


async def ask(horde: Horde, request: HordeRequest, key: str | None = None) -> Any:
    """The answer as the SDK's clients give it, all of it known to its model."""
    caller = Caller(
        apikey=key, base_url="http://horde.test/api", path_fields=AIHordePathData, query_fields=AIHordeQueryData
    )
    sent = to_exchange(request, caller)
    came = await horde.client.request(
        sent.method, sent.url, params=dict(sent.query), content=sent.body, headers=dict(sent.headers)
    )
    assert came.status_code < 300, came.text
    kinds = request.get_success_status_response_pairs()
    expected = kinds.get(HTTPStatusCode(came.status_code)) or request.get_default_success_response_type()
    answer = to_response(Answer(came.status_code, came.headers, came.content), expected)
    assert not isinstance(answer, RequestErrorResponse), answer.object_data
    assert unknown_fields(answer) == []
    return answer


async def test_who_comes_is_invited_or_approved(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """Terms, registering, invitations, approvals, signing in."""
    horde = await start_horde(**settings, registration="approval")
    root = (await horde.account("root")).api_key
    terms = await ask(horde, RegistrationTermsRequest())
    assert (terms.mode, terms.providers[0].path) == ("approval", "/sign-in/acme")

    waits = await ask(horde, RegisterRequest(username="ada"))
    assert not waits.approved
    assert waits.api_key not in repr(waits)
    [listed] = (await ask(horde, WaitingRegistrationsRequest(), root)).root
    assert listed.alias == waits.alias
    await ask(horde, RegistrationDecisionRequest(user_id=str(waits.id_), approve=True, reason="A neighbour."), root)
    assert (await ask(horde, WaitingRegistrationsRequest(page=2), root)).root == []

    made = await ask(horde, InvitationCreateRequest(uses=2, roles=["trusted"], concurrency=50), root)
    invited = await ask(horde, RegisterRequest(username="bob", invitation=made.code))
    assert invited.approved
    [kept] = (await ask(horde, InvitationsRequest(), root)).root
    assert (kept.used, kept.code, kept.roles) == (1, "", ["trusted"])
    await ask(horde, InvitationRevokeRequest(invitation_id=made.id_), root)

    begin = await horde.client.get(terms.providers[0].path)
    back = await horde.client.get(callback("acme", provider.consent(begin.headers["location"])))
    signed_in = await ask(horde, SignInRequest(code=query_of(back.headers["location"])["code"]))
    assert signed_in.is_new
