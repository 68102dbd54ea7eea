"""A horde with everybody who may call it, and something of the owner's for each call to be about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, TypeAlias
from uuid import uuid4

from callers import Outcome, make_keys
from embedding_routes import vector
from fastapi.routing import iter_route_contexts
from hordes import Horde

from horde_server.http.declared_routes import Declaration, declaration_of

_PUBLIC_ADDRESS: Final = "192.0.2.9"
ENDING: Final = {"GET /api/v2/events": "?seconds=0"}
"""Of answers that would go on for ever."""


class Stage:
    """Calls operations, named as `GET /api/v2/users/{user_id}`, as any of `callers.CALLERS`."""

    def __init__(self, horde: Horde, keys: dict[str, str | None], examples: dict[str, Any], owner_id: int) -> None:
        self.horde = horde
        self.keys = keys
        self.owner_id = owner_id
        self.declarations = dict(_declarations(horde))
        self._examples = examples

    @classmethod
    async def of(cls, horde: Horde) -> Stage:
        """On a new horde, whose administrator its first account is."""
        keys = await make_keys(horde)
        await horde.sql("UPDATE account SET worker_invited = 10000")  # there will be many workers
        ((owner_id,),) = await horde.sql("UPDATE account SET contact = 'me@b.c' WHERE username = 'owner' RETURNING id")
        await horde.account("receiver")
        document = (await horde.client.get("/openapi.json")).json()
        examples = {
            f"{method.upper()} {path}": operation["requestBody"]["content"]["application/json"]["example"]
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if "requestBody" in operation
        }
        return cls(horde, keys, examples, owner_id)

    async def answer(self, name: str, caller: str) -> tuple[Outcome, Any]:
        """How an operation on something new of the owner's is answered: outcome and JSON, null where it is none."""
        method, _, template = name.partition(" ")
        plain = template.replace(":path", "")
        parameters = [part[1:-1] for part in plain.split("/") if part.startswith("{")]
        path = plain.format(**{each: await self._thing(name, each) for each in parameters}) + ENDING.get(name, "")
        make_body = BODIES.get(name)
        body = await make_body(self, caller) if make_body else self._examples.get(name)
        key = self.keys[caller]
        answer = await self.horde.client.request(
            method, path, json=body, headers={"apikey": key} if key is not None else {}
        )
        told = answer.json() if "json" in answer.headers.get("content-type", "") else None
        return (answer.status_code, told.get("rc") if isinstance(told, dict) else None), told

    async def outcome(self, name: str, caller: str) -> Outcome:
        """Status and return code alone."""
        return (await self.answer(name, caller))[0]

    async def _thing(self, name: str, parameter: str) -> str:
        """What stands in a path. Who adds a parameter says here what it is of."""
        horde = self.horde
        match parameter:
            case "worker_id" | "worker_name":
                row = await horde.sql(
                    """INSERT INTO worker (id, name, kind, account_id, address, abilities)
                       VALUES (gen_random_uuid(), %s, 'image', %s, %s, '{"models": ["stable_diffusion"]}')
                       RETURNING id::text, name""",
                    f"worker {uuid4()}",
                    self.owner_id,
                    _PUBLIC_ADDRESS,
                )
                return str(row[0][parameter == "worker_name"])
            case "user_id" if name.startswith("DELETE"):
                return str((await horde.account("leaving")).id)
            case "user_id" if "/registrations/" in name:
                newcomer = (await horde.account("newcomer", columns={"approved_at": None})).id
                await horde.sql(
                    "INSERT INTO registration (account_id, way, waits) VALUES (%s, 'pseudonymous', true)", newcomer
                )
                return str(newcomer)
            case "invitation_id":
                made = """INSERT INTO invitation (id, code_hash, expires_at, uses)
                          VALUES (gen_random_uuid(), %s, now() + interval '1 hour', 1) RETURNING id::text"""
                return str((await horde.sql(made, uuid4().bytes))[0][0])
            case "provider":
                return "no-provider"
            case "page":
                return "register"
            case "user_id":
                return str(self.owner_id)
            case "filter_id":
                added = (
                    "INSERT INTO prompt_filter (filter_type, regex, account_id) VALUES (10, %s, 1) RETURNING id::text"
                )
                return str((await horde.sql(added, f"never {uuid4()}"))[0][0])
            case "style_id" | "style_name":
                return await self._style("text" if "/text" in name else "image", shown=parameter.removeprefix("style_"))
            case "example_id":
                added = (
                    "INSERT INTO style_example (id, style_id, url, is_primary) SELECT gen_random_uuid(), id,"
                    " 'https://example.org', true FROM style ORDER BY created_at DESC LIMIT 1 RETURNING id::text"
                )
                return str((await horde.sql(added))[0][0])
            case "collection_id" | "collection_name":
                added = (
                    "INSERT INTO style_collection (id, kind, account_id, name) VALUES"
                    f" (gen_random_uuid(), 'image', %s, %s) RETURNING {parameter.removeprefix('collection_')}::text"
                )
                return str((await horde.sql(added, self.owner_id, f"collection {uuid4()}"))[0][0])
            case "team_id":
                made = "INSERT INTO team (id, name, account_id) VALUES (gen_random_uuid(), %s, %s) RETURNING id::text"
                return str((await horde.sql(made, f"team {uuid4()}", self.owner_id))[0][0])
            case "message_id":
                made = """INSERT INTO worker_message (id, account_id, audience, origin, message, expires_at) VALUES
                          (gen_random_uuid(), %s, 'all', 'the owner', 'hello', now() + interval '1 hour')
                          RETURNING id::text"""
                return str((await horde.sql(made, self.owner_id))[0][0])
            case "news_id":
                made = "INSERT INTO news (title, body) VALUES ('a title', 'a body') RETURNING id::text"
                return str((await horde.sql(made))[0][0])
            case "document_name":
                await horde.sql("INSERT INTO document VALUES ('terms', 'Be kind.') ON CONFLICT DO NOTHING")
                return "terms"
            case "sharedkey_id":
                added = """INSERT INTO api_key (account_id, hash, name, scopes, shared_id, budget_hundredths)
                           VALUES (%s, %s, 'shared', '{ask}', gen_random_uuid(), 500) RETURNING shared_id::text"""
                return str((await horde.sql(added, self.owner_id, uuid4().bytes))[0][0])
            case "key_id":
                added = "INSERT INTO api_key (account_id, hash, name) VALUES (%s, %s, 'of a test') RETURNING id::text"
                return str((await horde.sql(added, self.owner_id, uuid4().bytes))[0][0])
            case "entry_id":  # of a filter that is there as it was added
                entry = """WITH added AS (
                        INSERT INTO prompt_filter (filter_type, regex, account_id) VALUES (10, %s, 1) RETURNING *)
                    INSERT INTO audit_entry (via, action, subject_kind, subject_id, new_value)
                    SELECT 'api', 'filter.add', 'filter', id::text, jsonb_build_object('regex', regex) FROM added
                    RETURNING id::text"""
                return str((await horde.sql(entry, f"never {uuid4()}"))[0][0])
            case "ban_id":
                banned = "INSERT INTO ban (worker_name) VALUES (%s) RETURNING id::text"
                return str((await horde.sql(banned, f"nobody {uuid4()}"))[0][0])
            case "report_id":
                reported = """INSERT INTO result_report (reporter, kind, request_id, job_id, model, worker_id, owner_id,
                        requester_id, reason)
                    VALUES ('x', 'image', gen_random_uuid(), gen_random_uuid(), 'm', gen_random_uuid(), %s, 0, 'broken')
                    RETURNING id::text"""
                return str((await horde.sql(reported, self.owner_id))[0][0])
            case "ipaddr":
                return _PUBLIC_ADDRESS
            case "model_name":
                return "stable_diffusion"
            case "id" if "/events/" in name:
                over = await horde.request()  # of others the stream goes on
                await horde.cancel(over)
                return over
            case "id" if "/generate/text/" in name:
                return await horde.texts.request()
            case "id" if "/generate/embedding/" in name:
                return await horde.embeddings.request()
            case "id" if "/interrogate/" in name:
                return await horde.alchemy.request("caption")
            case "id" if "/generate/pieces/" in name:
                await horde.texts.request(models=["koboldcpp/streamed"])
                owner = str(self.keys["owner"])
                return str((await horde.texts.job(owner, "the streamer", models=["koboldcpp/streamed"]))["id"])
            case "id" if "/generate/shared/" not in name and ("/generate/" in name or "/explain/" in name):
                return await horde.request()
            case "id" | "key" | "name":
                return str(uuid4())
            case _ if "/api/v2/" not in name:  # of dialects: nothing that is there
                return str(uuid4())
        raise LookupError(f"{name}: what does {parameter!r} name? Say it in `Stage._thing`.")

    async def _style(self, kind: str, *, shown: str) -> str:
        """A style of the owner's, by its id or name."""
        added = (
            "INSERT INTO style (id, kind, account_id, name, prompt, models)"
            f" VALUES (gen_random_uuid(), %s, %s, %s, '{{p}}{{np}}', ARRAY['a model']) RETURNING {shown}::text"
        )
        return str((await self.horde.sql(added, kind, self.owner_id, f"style {uuid4()}"))[0][0])


def _declarations(horde: Horde) -> Iterator[tuple[str, Declaration]]:
    for route in iter_route_contexts(horde.app._app.routes):
        declaration = declaration_of(route.endpoint)
        assert declaration is not None, route.path
        for method in sorted((route.methods or {"?"}) - {"HEAD"}):
            yield f"{method} {route.path}", declaration


Body: TypeAlias = Callable[[Stage, str], Awaitable[dict[str, Any]]]


async def _image_pop(_: Stage, caller: str) -> dict[str, Any]:
    return {"name": f"painter of {caller}", "models": ["stable_diffusion"]}


async def _text_pop(_: Stage, caller: str) -> dict[str, Any]:
    return {"name": f"scribe of {caller}", "models": ["koboldcpp/my-model"]}


async def _embedding_pop(_: Stage, caller: str) -> dict[str, Any]:
    return {"name": f"embedder of {caller}", "models": ["my-embedder"]}


async def _alchemy_pop(_: Stage, caller: str) -> dict[str, Any]:
    return {"name": f"alchemist of {caller}", "forms": ["palette"]}


async def _image_result(stage: Stage, _: str) -> dict[str, Any]:
    await stage.horde.request(models=["Deliberate"])
    job = await stage.horde.job(str(stage.keys["owner"]), "the owner's painter", models=["Deliberate"])
    return {"id": job["id"], "generation": "", "seed": 7, "state": "faulted"}


async def _text_result(stage: Stage, _: str) -> dict[str, Any]:
    await stage.horde.texts.request(models=["koboldcpp/other"])
    job = await stage.horde.texts.job(str(stage.keys["owner"]), "the owner's scribe", models=["koboldcpp/other"])
    return {"id": job["id"], "generation": "a harbour"}


async def _embedding_result(stage: Stage, _: str) -> dict[str, Any]:
    await stage.horde.embeddings.request(models=["other-embedder"])
    job = await stage.horde.embeddings.job(str(stage.keys["owner"]), "the owner's embedder", models=["other-embedder"])
    return {"id": job["id"], "vectors": [vector(1, 0)]}


async def _alchemy_result(stage: Stage, _: str) -> dict[str, Any]:
    await stage.horde.alchemy.request("caption")
    form = await stage.horde.alchemy.form(str(stage.keys["owner"]), "caption", name="the owner's alchemist")
    return {"id": form["id"], "result": {"caption": "a harbour"}, "state": "ok"}


async def _gift(stage: Stage, _: str) -> dict[str, Any]:
    ((number,),) = await stage.horde.sql("SELECT id FROM account WHERE username = 'receiver'")
    return {"username": f"receiver#{number}", "amount": 1}


async def _contact(_: Stage, __: str) -> dict[str, Any]:
    return {"contact": "me@b.c"}  # shows nobody more of the owner than before


async def _new_style(_: Stage, caller: str) -> dict[str, Any]:
    return {"name": f"style of {caller} {uuid4()}", "models": ["a model"]}


async def _new_collection(stage: Stage, caller: str) -> dict[str, Any]:
    return {"name": f"collection of {caller} {uuid4()}", "styles": [await stage._style("image", shown="id")]}


async def _collection_change(_: Stage, __: str) -> dict[str, Any]:
    return {"public": False}


async def _team(_: Stage, __: str) -> dict[str, Any]:
    return {"name": f"team {uuid4()}"}


BODIES: Final[dict[str, Body]] = {
    "POST /api/v2/styles/image": _new_style,
    "POST /api/v2/styles/text": _new_style,
    "POST /api/v2/collections": _new_collection,
    "PATCH /api/v2/collections/{collection_id}": _collection_change,
    "POST /api/v2/generate/pop": _image_pop,
    "POST /api/v2/generate/text/pop": _text_pop,
    "POST /api/v2/generate/embedding/pop": _embedding_pop,
    "POST /api/v2/interrogate/pop": _alchemy_pop,
    "POST /api/v2/generate/submit": _image_result,
    "POST /api/v2/generate/text/submit": _text_result,
    "POST /api/v2/generate/embedding/submit": _embedding_result,
    "POST /api/v2/interrogate/submit": _alchemy_result,
    "PUT /api/v2/users/{user_id}": _contact,
    "POST /api/v2/teams": _team,
    "POST /api/v2/kudos/transfer": _gift,
    "POST /api/v2/kudos/award": _gift,
}
"""Bodies of operations for which the document's example will not do."""
