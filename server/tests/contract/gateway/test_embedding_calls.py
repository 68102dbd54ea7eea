"""Embeddings as OpenAI's programs and Ollama's ask for them (embeddings.md §5)."""

from __future__ import annotations

import asyncio
import base64
import struct
from typing import Any
from uuid import uuid4

import httpx
import pytest
from embedding_routes import EMBEDDING_MODEL, vector
from hordes import Horde, StartHorde

VECTORS = {"a harbour": (0.25, -1.5), "a ship": (1.0, 0.5)}


async def online(horde: Horde, **offer: Any) -> None:
    """A worker that is there."""
    await horde.embeddings.pop((await horde.account("there", trusted=True)).api_key, "there", **offer)


async def serve(horde: Horde, *vectors: str) -> dict[str, Any]:
    """Do the next job; the job."""
    name = f"embedder {uuid4()}"
    key = (await horde.account("owner", trusted=True)).api_key

    async def job() -> Any:
        found = await horde.embeddings.pop(key, name)
        return found if found["id"] else None

    found: dict[str, Any] = await horde.until(job, "there is a job")
    made = vectors or [vector(*VECTORS[text]) for text in found["payload"]["input"]]
    await horde.embeddings.submit(key, found["id"], made)
    return found


async def ask(horde: Horde, path: str, body: dict[str, Any]) -> httpx.Response:
    return await horde.client.post(path, json=body)


async def answered(horde: Horde, path: str, **body: Any) -> tuple[httpx.Response, dict[str, Any]]:
    """An answer, and the job that made it."""
    answer, job = await asyncio.gather(ask(horde, path, body), serve(horde))
    assert answer.status_code == 200, answer.text
    return answer, job


async def test_openais_programs_get_numbers(horde: Horde) -> None:
    """§5.1: in the order of the texts, with what was read, and which request it was."""
    await online(horde)
    answer, job = await answered(horde, "/v1/embeddings", model=EMBEDDING_MODEL, input=["a ship", "a harbour"])
    told = answer.json()
    assert [(each["object"], each["index"], tuple(each["embedding"])) for each in told["data"]] == [
        ("embedding", 0, VECTORS["a ship"]),
        ("embedding", 1, VECTORS["a harbour"]),
    ]
    assert (told["object"], told["model"]) == ("list", EMBEDDING_MODEL)
    assert told["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
    status = await horde.embeddings.status(answer.headers["Horde-Request"])
    assert (status["generations"][0]["id"], status["done"]) == (job["id"], True)


async def test_or_base64_and_fewer_dimensions(horde: Horde) -> None:
    """§5.1: byte for byte as the worker sent it."""
    await online(horde)
    answer, job = await answered(
        horde, "/v1/embeddings", model=EMBEDDING_MODEL, input="a ship", encoding_format="base64", dimensions=2
    )
    (found,) = answer.json()["data"]
    assert struct.unpack("<2f", base64.b64decode(found["embedding"])) == VECTORS["a ship"]
    assert job["payload"] == {"input": ["a ship"], "dimensions": 2}


async def test_many_numbers_are_written_elsewhere(horde: Horde) -> None:
    """§5.1: what takes long to write holds nobody up; it is the same."""
    await online(horde)
    wide = vector(*[0.5] * 8192)
    answer, _ = await asyncio.gather(
        ask(horde, "/v1/embeddings", {"input": ["x"] * 8, "model": EMBEDDING_MODEL}), serve(horde, *[wide] * 8)
    )
    assert [each["embedding"] for each in answer.json()["data"]] == [[0.5] * 8192] * 8


async def test_any_model_serves_who_names_none(horde: Horde) -> None:
    """§5.3: nor a name of the official services, where the operator has it so."""
    await online(horde)
    answer, _ = await answered(horde, "/v1/embeddings", input="a ship")
    assert answer.json()["model"] == EMBEDDING_MODEL


async def test_names_of_the_official_services(start_horde: StartHorde) -> None:
    """§5.3: as of texts."""
    horde = await start_horde(foreign_models="any")
    await online(horde)
    answer, _ = await answered(horde, "/v1/embeddings", input="a ship", model="text-embedding-3-small")
    assert answer.headers["Horde-Model"] == "horde/any-embedding"


async def test_an_account_names_models_its_own_way(horde: Horde) -> None:
    """The account's own aliases count for embeddings too (accounts.md §4.10)."""
    await online(horde)
    ada = await horde.account("ada", kudos=10)
    await horde.client.put(
        f"/api/v2/users/{ada.id}", json={"model_aliases": {"mine": EMBEDDING_MODEL}}, headers={"apikey": ada.api_key}
    )
    asked = horde.client.post(
        "/v1/embeddings", json={"input": "a ship", "model": "mine"}, headers={"apikey": ada.api_key}
    )
    answer, _ = await asyncio.gather(asked, serve(horde))
    assert (answer.status_code, answer.json()["model"]) == (200, EMBEDDING_MODEL)
    assert (await ask(horde, "/v1/embeddings", {"input": "a ship", "model": "mine"})).status_code == 404


async def test_embedders_are_listed_where_there_are_some(horde: Horde) -> None:
    """§5.3: after texts and images."""

    async def listed() -> list[str]:
        return [row["id"] for row in (await horde.client.get("/v1/models")).json()["data"]]

    assert await listed() == ["horde/any-text", "horde/any-image"]
    await online(horde)

    async def are_seen() -> bool:
        return await listed() == ["horde/any-text", "horde/any-image", EMBEDDING_MODEL, "horde/any-embedding"]

    await horde.until(are_seen, "the list is looked at anew")
    rows = (await horde.client.get("/v1/models?type=embedding")).json()["data"]
    assert [row["horde"]["type"] for row in rows] == ["embedding"] * 2


async def test_ollamas_programs(horde: Horde) -> None:
    """§5.2: the call of today, and the one before."""
    await online(horde)
    answer, _ = await answered(horde, "/api/embed", model=EMBEDDING_MODEL, input=["a ship", "a harbour"])
    told = answer.json()
    assert [tuple(each) for each in told["embeddings"]] == [VECTORS["a ship"], VECTORS["a harbour"]]
    assert (told["model"], told["prompt_eval_count"]) == (EMBEDDING_MODEL, 5)
    answer, _ = await answered(horde, "/api/embeddings", model=EMBEDDING_MODEL, prompt="a ship")
    assert answer.json() == {"embedding": list(VECTORS["a ship"])}


@pytest.mark.parametrize(
    ("path", "told"), [("embed", {"model": "whatever", "embeddings": []}), ("embeddings", {"embedding": []})]
)
async def test_of_nothing_there_is_nothing(horde: Horde, path: str, told: dict[str, Any]) -> None:
    """§5.2: 200, without a worker: programs ask so to have a model loaded."""
    answer = await ask(horde, f"/api/{path}", {"model": "whatever"})
    assert (answer.status_code, answer.json()) == (200, told)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "input"),
        ({"input": []}, "missing_required_parameter", "input"),
        ({"input": [1, 2]}, "unsupported_value", "input"),
        ({"input": [[1, 2]]}, "unsupported_value", "input"),
        ({"input": {"text": "x"}}, "invalid_value", "input.0"),
        ({"input": ["x", ""]}, "invalid_value", "input"),
        ({"input": ["x"] * 257}, "invalid_value", "input"),
        ({"input": "x" * 32_769}, "invalid_value", "input.0"),
        ({"input": "x", "dimensions": 0}, "invalid_value", "dimensions"),
        ({"input": "x", "dimensions": 8193}, "invalid_value", "dimensions"),
        ({"input": "x", "dimensions": "many"}, "invalid_value", "dimensions"),
        ({"input": "x", "encoding_format": "hex"}, "invalid_value", "encoding_format"),
        ({"input": ["\N{WAVING HAND SIGN}" * 8193]}, "InvalidInput", None),
    ],
)
async def test_what_is_refused(horde: Horde, body: dict[str, Any], code: str, param: str | None) -> None:
    """§5.1: 400 in the dialect's shape; nothing is asked for."""
    await online(horde)
    answer = await ask(horde, "/v1/embeddings", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)
    assert await horde.sql("SELECT 1 FROM request") == []


async def test_a_model_that_nobody_has(horde: Horde) -> None:
    """§5.3: 404, in each dialect's shape; so is one that makes texts."""
    await online(horde)
    await horde.texts.pop((await horde.account("scribe", trusted=True)).api_key, models=["a-text-model"])
    answer = await ask(horde, "/v1/embeddings", {"input": "x", "model": "nobody-has-it"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert EMBEDDING_MODEL in answer.json()["error"]["message"]
    answer = await ask(horde, "/api/embed", {"input": "x", "model": "nobody-has-it"})
    assert answer.status_code == 404
    answer = await ask(horde, "/v1/embeddings", {"input": "x", "model": "a-text-model"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")


async def test_without_a_worker_nobody_waits_for_ever(start_horde: StartHorde) -> None:
    """gateway.md §1.6: 503, and the request is cancelled."""
    horde = await start_horde(gateway_hopeless_s=0.2)
    answer = await ask(horde, "/v1/embeddings", {"input": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_worker")
    assert await horde.sql("SELECT state FROM request") == [("cancelled",)]


async def test_they_count_with_the_hordes_own(start_horde: StartHorde) -> None:
    """§1.4, §5.1: whichever way they are asked for."""
    horde = await start_horde(rate_limits=True)
    answer = await ask(horde, "/v1/embeddings", {})
    assert answer.headers["x-ratelimit-limit-requests"] == "10"
