"""Who may call what: every route of a server with its right, and that each is closed to everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import iter_route_contexts
from hordes import Horde, StartHorde
from stage import ENDING

from horde_server.gateway.sdapi.lists import FIXED, NOTHING_TO_DO
from horde_server.http.declared_routes import ASKED_LATER, declaration_of
from horde_server.identity import key_store
from horde_server.identity.keys import Scope, key_hash, new_api_key
from horde_server.identity.secret_store import load_secret

RIGHTS = {
    "GET /api": "ANYBODY",
    "GET /api/": "ANYBODY",
    "GET /api/static/{name}": "ANYBODY",
    "GET /api/swagger.json": "ANYBODY",
    "GET /": "ANYBODY",
    "GET /v1": "ANYBODY",
    "GET /v1/models": "ANYBODY_NAMED",
    "GET /v1/models/{model_name:path}": "ANYBODY_NAMED",
    "POST /v1/chat/completions": "ASK",
    "POST /v1/completions": "ASK",
    "POST /v1/responses": "ASK",
    "POST /v1/responses/input_tokens": "ANYBODY_NAMED",
    **{
        f"{method} /v1/responses/{{response_id}}{rest}": "ANYBODY_NAMED"
        for method in ("GET", "POST", "DELETE")
        for rest in ("", "/{rest:path}")
    },
    "POST /v1/messages": "ASK",
    "POST /v1/messages/count_tokens": "ANYBODY_NAMED",
    "GET /v1/messages/models": "ANYBODY_NAMED",
    "GET /v1/messages/models/{model_name:path}": "ANYBODY_NAMED",
    **{
        f"{method} /v1/{name}": "ANYBODY_NAMED"
        for method in ("GET", "POST")
        for name in ("complete", "messages/batches", "messages/batches/{rest:path}")
    },
    "POST /sdapi/v1/txt2img": "ASK",
    "POST /sdapi/v1/img2img": "ASK",
    "POST /sdapi/v1/extra-single-image": "ASK",
    "POST /sdapi/v1/extra-batch-images": "ASK",
    "POST /sdapi/v1/interrogate": "ASK",
    "POST /sdapi/v1/png-info": "ANY_KEY",
    "GET /sdapi/v1/progress": "ANY_KEY",
    "POST /sdapi/v1/interrupt": "ANY_KEY",
    "POST /sdapi/v1/skip": "ANY_KEY",
    "GET /sdapi/v1/options": "ANY_KEY",
    "POST /sdapi/v1/options": "ANY_KEY",
    **{f"GET /sdapi/v1/{name}": "ANYBODY" for name in (*FIXED, "sd-models")},
    **{f"POST /sdapi/v1/{name}": "ANYBODY" for name in NOTHING_TO_DO},
    "GET /internal/ping": "ANYBODY",
    "POST /mcp": "ANY_KEY",
    "POST /v1/images/generations": "ASK",
    "POST /v1/images/edits": "ASK",
    "POST /v1/images/variations": "ASK",
    "GET /healthz": "ANYBODY",
    "GET /metrics": "ANYBODY",
    "GET /openapi.json": "ANYBODY",
    "GET /readyz": "ANYBODY",
    "GET /proxyz": "LOCAL",
    "GET /api/version": "ANYBODY_NAMED",
    "GET /api/tags": "ANYBODY_NAMED",
    "GET /api/ps": "ANYBODY_NAMED",
    "POST /api/show": "ANYBODY_NAMED",
    "POST /api/pull": "ANYBODY_NAMED",
    "POST /api/push": "ANYBODY_NAMED",
    "POST /api/create": "ANYBODY_NAMED",
    "POST /api/copy": "ANYBODY_NAMED",
    "POST /api/blobs/{digest}": "ANYBODY_NAMED",
    "DELETE /api/delete": "ANYBODY_NAMED",
    "POST /api/chat": "ASK",
    "POST /api/generate": "ASK",
    "POST /api/embed": "ASK",
    "POST /api/embeddings": "ASK",
    **{
        f"{method} {base}/{name}": right
        for base in ("/api/v1", "/api/latest")
        for method, right, names in (
            ("GET", "ANYBODY_NAMED", ("model", "info/version", "config/soft_prompts_list", "config/soft_prompt")),
            ("GET", "ANYBODY_NAMED", ("config/max_length", "config/max_context_length")),
            ("PUT", "ANYBODY_NAMED", ("model", "config/max_length", "config/max_context_length")),
            ("POST", "ASK", ("generate",)),
        )
        for name in names
    },
    "GET /api/extra/true_max_context_length": "ANYBODY_NAMED",
    "GET /api/extra/version": "ANYBODY_NAMED",
    "GET /api/extra/preloadstory": "ANYBODY_NAMED",
    "GET /api/extra/perf": "ANYBODY_NAMED",
    "POST /api/extra/tokencount": "ANYBODY_NAMED",
    "POST /api/extra/last_logprobs": "ANYBODY_NAMED",
    "POST /api/extra/detokenize": "ANYBODY_NAMED",
    "POST /api/extra/json_to_grammar": "ANYBODY_NAMED",
    "POST /api/extra/embeddings": "ANYBODY_NAMED",
    "POST /api/extra/transcribe": "ANYBODY_NAMED",
    "POST /api/extra/tts": "ANYBODY_NAMED",
    "POST /api/extra/websearch": "ANYBODY_NAMED",
    "POST /api/extra/generate/stream": "ASK",
    "GET /api/extra/generate/check": "ASK",
    "POST /api/extra/generate/check": "ASK",
    "POST /api/extra/abort": "ASK",
    "POST /api/v2/dev/test-user": "LOCAL",
    "GET /api/blobs/{key}": "SIGNED",
    "PUT /api/blobs/{id}": "SIGNED",
    "GET /api/v2/status/heartbeat": "ANYBODY",
    "GET /api/v2/status/models": "ANYBODY",
    "GET /api/v2/status/models/{model_name:path}": "ANYBODY",
    "GET /api/v2/status/performance": "ANYBODY",
    "GET /api/v2/stats/img/totals": "ANYBODY",
    "GET /api/v2/stats/img/models": "ANYBODY",
    "GET /api/v2/stats/text/totals": "ANYBODY",
    "GET /api/v2/stats/text/models": "ANYBODY",
    "GET /api/v2/status/modes": "ANYBODY_NAMED",
    "PUT /api/v2/status/modes": "MODERATE, asked later",
    # whoever knows the id of a request may follow and cancel it, as on the original
    "POST /api/v2/generate/async": "ASK, asked later",
    "GET /api/v2/explain/{id}": "ANYBODY",
    "POST /api/v2/explain/image": "ASK",
    "POST /api/v2/explain/text": "ASK",
    "GET /api/v2/status/eta": "ANYBODY",
    "GET /api/v2/generate/check/{id}": "ANYBODY",
    "POST /api/v2/generate/check": "ANYBODY",
    "GET /api/v2/generate/events/{id}": "ANYBODY",
    "GET /api/v2/generate/text/events/{id}": "ANYBODY",
    "GET /api/v2/interrogate/events/{id}": "ANYBODY",
    "GET /api/v2/events": "READ_OWN",
    "GET /api/v2/generate/status/{id}": "ANYBODY",
    "DELETE /api/v2/generate/status/{id}": "ANYBODY",
    "POST /api/v2/generate/rate/{id}": "ANYBODY",
    "DELETE /api/v2/generate/shared/{id}": "MANAGE_OWN",
    "POST /api/v2/generate/pop": "WORK, asked later",
    "POST /api/v2/generate/submit": "WORK, asked later",
    "POST /api/v2/generate/pieces/{id}": "WORK, asked later",
    "POST /api/v2/generate/text/async": "ASK, asked later",
    "GET /api/v2/generate/text/status/{id}": "ANYBODY",
    "DELETE /api/v2/generate/text/status/{id}": "ANYBODY",
    "POST /api/v2/generate/text/pop": "WORK, asked later",
    "POST /api/v2/generate/text/submit": "WORK, asked later",
    "POST /api/v2/generate/embedding/async": "ASK, asked later",
    "GET /api/v2/generate/embedding/status/{id}": "ANYBODY",
    "DELETE /api/v2/generate/embedding/status/{id}": "ANYBODY",
    "POST /api/v2/generate/embedding/pop": "WORK, asked later",
    "POST /api/v2/generate/embedding/submit": "WORK, asked later",
    "POST /v1/embeddings": "ASK",
    "POST /api/v2/interrogate/async": "ASK, asked later",
    "GET /api/v2/interrogate/status/{id}": "ANYBODY",
    "DELETE /api/v2/interrogate/status/{id}": "ANYBODY",
    "POST /api/v2/interrogate/pop": "WORK, asked later",
    "POST /api/v2/interrogate/submit": "WORK, asked later",
    "GET /api/v2/find_user": "ANY_KEY",
    "GET /api/v2/users": "ANYBODY",
    "GET /api/v2/users/{user_id}": "ANYBODY_NAMED",
    "DELETE /api/v2/users/{user_id}": "MANAGE_OWN",
    "PUT /api/v2/users/{user_id}": "MANAGE_OWN, asked later",
    "GET /register": "ANYBODY",
    "POST /register": "ANYBODY",
    "GET /api/v2/register": "ANYBODY",
    "POST /api/v2/register": "ANYBODY",
    "GET /sign-in/{provider}": "ANYBODY",
    "GET /sign-in/{provider}/callback": "ANYBODY",
    "GET /google/{page}": "ANYBODY",
    "GET /discord/{page}": "ANYBODY",
    "GET /github/{page}": "ANYBODY",
    "GET /finish_dance": "ANYBODY",
    "POST /api/v2/sign-in": "ANYBODY",
    "GET /api/v2/invitations": "MODERATE",
    "POST /api/v2/invitations": "MODERATE",
    "DELETE /api/v2/invitations/{invitation_id}": "MODERATE",
    "GET /api/v2/operations/registrations": "MODERATE",
    "POST /api/v2/operations/registrations/{user_id}": "MODERATE",
    "GET /api/v2/keys": "MANAGE_OWN",
    "POST /api/v2/keys": "MANAGE_OWN",
    "PATCH /api/v2/keys/{key_id}": "MANAGE_OWN",
    "DELETE /api/v2/keys/{key_id}": "MANAGE_OWN",
    "POST /api/v2/keys/{key_id}/rotate": "MANAGE_OWN",
    "PUT /api/v2/sharedkeys": "MANAGE_OWN",
    "GET /api/v2/sharedkeys/{sharedkey_id}": "ANYBODY",  # its id is the key
    "PATCH /api/v2/sharedkeys/{sharedkey_id}": "MANAGE_OWN",
    "DELETE /api/v2/sharedkeys/{sharedkey_id}": "MANAGE_OWN",
    "POST /api/v2/kudos/transfer": "MANAGE_OWN",
    "POST /api/v2/kudos/award": "MANAGE_OWN",
    "GET /api/v2/kudos/statement": "READ_OWN",
    "GET /api/v2/webhook_secret": "MANAGE_OWN",
    "POST /api/v2/webhook_secret": "MANAGE_OWN",
    "GET /api/v2/workers": "ANYBODY_NAMED, asked later",
    "GET /api/v2/workers/{worker_id}": "ANYBODY_NAMED, asked later",
    "GET /api/v2/workers/name/{worker_name:path}": "ANYBODY_NAMED, asked later",
    "PUT /api/v2/workers/{worker_id}": "MANAGE_WORKERS, asked later",
    "DELETE /api/v2/workers/{worker_id}": "MANAGE_WORKERS, asked later",
    "GET /api/v2/workers/messages": "READ_OWN",
    "POST /api/v2/workers/messages": "MANAGE_WORKERS",
    "GET /api/v2/workers/messages/{message_id}": "ANYBODY_NAMED",
    "DELETE /api/v2/workers/messages/{message_id}": "MANAGE_WORKERS",
    "GET /api/v2/teams": "ANYBODY",
    "POST /api/v2/teams": "MANAGE_OWN",
    "GET /api/v2/teams/{team_id}": "ANYBODY_NAMED",
    "PATCH /api/v2/teams/{team_id}": "MANAGE_OWN, asked later",
    "DELETE /api/v2/teams/{team_id}": "MANAGE_OWN, asked later",
    "GET /.well-known/serviceinfo": "ANYBODY",
    "GET /api/v2/status/news": "ANYBODY",
    "GET /api/v2/documents/privacy": "ANYBODY",
    "GET /api/v2/documents/sponsors": "ANYBODY",
    "GET /api/v2/documents/terms": "ANYBODY",
    "GET /api/v2/operations/news": "ADMINISTER",
    "POST /api/v2/operations/news": "ADMINISTER",
    "PATCH /api/v2/operations/news/{news_id}": "ADMINISTER",
    "DELETE /api/v2/operations/news/{news_id}": "ADMINISTER",
    "PUT /api/v2/operations/documents/{document_name}": "ADMINISTER",
    "DELETE /api/v2/operations/documents/{document_name}": "ADMINISTER",
    "GET /api/v2/filters": "MODERATE",
    "PUT /api/v2/filters": "MODERATE",
    "POST /api/v2/filters": "MODERATE",
    "GET /api/v2/filters/regex": "MODERATE",
    "GET /api/v2/filters/{filter_id}": "MODERATE",
    "PATCH /api/v2/filters/{filter_id}": "MODERATE",
    "DELETE /api/v2/filters/{filter_id}": "MODERATE",
    "GET /api/v2/audit": "READ_OWN",
    "GET /api/v2/operations/audit": "MODERATE",
    "POST /api/v2/operations/audit/{entry_id}/undo": "MODERATE",
    "GET /api/v2/operations/bans": "MODERATE",
    "POST /api/v2/operations/bans": "MODERATE",
    "DELETE /api/v2/operations/bans/{ban_id}": "MODERATE",
    "POST /api/v2/generate/report/{id}": "ANYBODY",
    "GET /api/v2/operations/reports": "MODERATE",
    "POST /api/v2/operations/reports/{report_id}": "MODERATE",
    "DELETE /api/v2/operations/requests": "MODERATE",
    "GET /api/v2/operations/suspicions": "MODERATE",
    "GET /api/v2/operations/ipaddr": "MODERATE",
    "POST /api/v2/operations/ipaddr": "MODERATE",
    "DELETE /api/v2/operations/ipaddr": "MODERATE",
    "GET /api/v2/operations/ipaddr/{ipaddr:path}": "MODERATE",
    # styles that are not public are found by who knows their id or their owner's name, as on the original
    "GET /api/v2/styles/image": "ANYBODY",
    "POST /api/v2/styles/image": "MANAGE_OWN",
    "GET /api/v2/styles/image/{style_id}": "ANYBODY_NAMED",
    "PATCH /api/v2/styles/image/{style_id}": "MANAGE_OWN",
    "DELETE /api/v2/styles/image/{style_id}": "MANAGE_OWN",
    "GET /api/v2/styles/image_by_name/{style_name:path}": "ANYBODY_NAMED",
    "POST /api/v2/styles/image/{style_id}/example": "MANAGE_OWN",
    "PATCH /api/v2/styles/image/{style_id}/example/{example_id}": "MANAGE_OWN",
    "DELETE /api/v2/styles/image/{style_id}/example/{example_id}": "MANAGE_OWN",
    "GET /api/v2/styles/text": "ANYBODY",
    "POST /api/v2/styles/text": "MANAGE_OWN",
    "GET /api/v2/styles/text/{style_id}": "ANYBODY_NAMED",
    "PATCH /api/v2/styles/text/{style_id}": "MANAGE_OWN",
    "DELETE /api/v2/styles/text/{style_id}": "MANAGE_OWN",
    "GET /api/v2/styles/text_by_name/{style_name:path}": "ANYBODY_NAMED",
    "GET /api/v2/collections": "ANYBODY",
    "POST /api/v2/collections": "MANAGE_OWN",
    "GET /api/v2/collections/{collection_id}": "ANYBODY_NAMED",
    "PATCH /api/v2/collections/{collection_id}": "MANAGE_OWN",
    "DELETE /api/v2/collections/{collection_id}": "MANAGE_OWN",
    "GET /api/v2/collection_by_name/{collection_name:path}": "ANYBODY_NAMED",
    "PUT /api/v2/operations/block_worker_ipaddr/{worker_id}": "MODERATE",
    "DELETE /api/v2/operations/block_worker_ipaddr/{worker_id}": "MODERATE",
}
"""Whoever adds a route, or changes who may call it, says so here."""
CARRIED_BY = {
    "ANYBODY_NAMED": {"full", "ask", "work", "read"},
    "ANY_KEY": {"full", "ask", "work", "read"},
    "ASK": {"full", "ask"},
    "WORK": {"full", "work"},
    "READ_OWN": {"full", "read"},
    "MANAGE_WORKERS": {"full", "work"},
    "MANAGE_OWN": {"full"},
    "MODERATE": {"full"},
    "ADMINISTER": {"full"},
}
"""The scopes of keys by the rights of routes."""
WITH_A_KEY = {"GET /api/v2/status/modes": "MODERATE"}
"""Who sends a key there wants to see what moderators see."""
OPEN = {"ANYBODY", "LOCAL", "SIGNED"}
NOBODYS_KEY = "k" * 22
_EXAMPLES = {
    "ipaddr": "192.0.2.7", "user_id": "1", "filter_id": "1", "entry_id": "1", "ban_id": "1", "report_id": "1",
    "key_id": "1",
}  # fmt: skip
_NO_ID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server with all routes that there can be; its first account administers it."""
    return await start_horde(test_apikeys=True, admins=["root#1"])


def told(endpoint: object) -> str:
    """The right of an endpoint as the table has it."""
    declaration = declaration_of(endpoint)
    if declaration is None:
        return "UNDECLARED"
    return declaration.right.name + (", asked later" if declaration.unknown_key is ASKED_LATER else "")


def routes_of(horde: Horde) -> Iterator[tuple[str, str, str]]:
    """Method, path and right of each route of the app."""
    for route in iter_route_contexts(horde.app._app.routes):
        for method in sorted((route.methods or {"?"}) - {"HEAD"}):
            assert route.path is not None
            yield method, route.path, told(route.endpoint)


def asked() -> Iterator[tuple[str, str, str]]:
    """Method, path and right of the routes that ask for a key."""
    for name, right in RIGHTS.items():
        if right not in OPEN:
            method, _, path = name.partition(" ")
            yield method, path, right.partition(",")[0]


async def bodies(horde: Horde) -> dict[tuple[str, str], Any]:
    """A body that is taken, by method and path of the document."""
    document = (await horde.client.get("/openapi.json")).json()
    found = {
        (method.upper(), path): operation["requestBody"]["content"]["application/json"]["example"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    assert len(found) >= 20
    return found


async def call(horde: Horde, method: str, path: str, body: Any, key: str | None) -> httpx.Response:
    """A call of a route, with examples in the place of what its path names."""
    plain = path.replace(":path", "")
    names = [part.strip("{}") for part in plain.split("/") if part.startswith("{")]
    return await horde.client.request(
        method,
        plain.format(**{name: _EXAMPLES.get(name, _NO_ID) for name in names}) + ENDING.get(f"{method} {path}", ""),
        headers={"apikey": key} if key is not None else {},
        json=body,
    )


async def a_key(horde: Horde, account_id: int, *scopes: Scope) -> str:
    """One more key of an account."""
    key = new_api_key()
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        hashed = key_hash(await load_secret(conn, "api_key_salt"), key)
        await key_store.add_key(conn, account_id, hashed, name="another", scopes=scopes)
    return key


async def test_every_route_has_the_right_that_is_written_down(horde: Horde) -> None:
    found = {f"{method} {path}": right for method, path, right in routes_of(horde)}
    assert found == RIGHTS


async def test_hot_routes_have_the_rights_of_the_routes_that_they_stand_for(horde: Horde) -> None:
    """They are called before the framework, which knows nothing of it."""
    documented = {(method, path): right for method, path, right in routes_of(horde)}
    hot = [
        (method, path, told(endpoint), documented.get((method, path)) or documented.get((method, path + "{id}")))
        for method, path, endpoint in horde.app._hot_routes
    ]
    assert len(hot) >= 12
    assert [each for each in hot if each[2] != each[3]] == []


async def test_nobody_gets_in_without_a_key(horde: Horde) -> None:
    """400 where it is missing, 401 where it is nobody's, or what is refused before; never an answer."""
    examples = await bodies(horde)
    for method, path, right in asked():
        if right == "ANYBODY_NAMED":
            continue
        keys = (None, "", NOBODYS_KEY) if path.startswith("/api/v2") else (NOBODYS_KEY,)  # of dialects: anonymous
        for key in keys:
            answer = await call(horde, method, path, examples.get((method, path)), key)
            assert answer.status_code in (400, 401, 404), (method, path, key, answer.text)


async def test_moderators_routes_are_closed_to_others(horde: Horde) -> None:
    await horde.account("root")
    plain = await horde.account("plain", trusted=True)
    examples = await bodies(horde)
    for method, path, right in asked():
        if right == "MODERATE":
            for key in ("0000000000", plain.api_key):
                answer = await call(horde, method, path, examples.get((method, path)), key)
                assert answer.status_code == 403, (method, path, answer.text)
                assert answer.json()["rc"] in ("NotModerator", "NotAdmin")


def codes_of(body: Any) -> list[Any]:
    """The code of a refusal, of the horde's own or where a dialect has it."""
    if not isinstance(body, dict):
        return []
    inner = [body[name] for name in ("error", "detail") if isinstance(body.get(name), dict)]
    return [each.get(name) for each in (body, *inner) for name in ("rc", "code", "type", "errors")]


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_key_opens_what_it_is_for(horde: Horde, scope: Scope) -> None:
    """Even a moderator's and administrator's: what a key is not for is 403 `KeyLacksScope`, and nothing else is."""
    root = await horde.account("root", moderator=True, kudos=1000)
    assert root.id == 1
    key = await a_key(horde, root.id, scope)
    examples = await bodies(horde)
    for method, path, right in asked():
        answer = await call(horde, method, path, examples.get((method, path)), key)
        assert "content-type" in answer.headers, (method, path, answer.status_code, answer.text)
        body = answer.json() if "json" in answer.headers["content-type"] else None  # else a stream
        is_refused = "KeyLacksScope" in codes_of(body)
        needed = CARRIED_BY[WITH_A_KEY.get(f"{method} {path}", right)]
        assert is_refused is (scope not in needed), (method, path, right, answer.text)
        if is_refused:
            assert answer.status_code == 403
            assert f"are: {scope}. This needs one of: {', '.join(sorted(needed))}." in answer.text
