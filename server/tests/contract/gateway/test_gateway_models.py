"""Models by any name (gateway.md §1.7)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hordes import Horde, StartHorde

NEMO = "koboldcpp/mistralai/Mistral-Nemo-Q4_K_M"
LLAMA = "aphrodite/Meta-Llama-3.1-8B"
STHENO = ("koboldcpp/L3-8B-Stheno-Q4_K_S", "koboldcpp/L3-8B-Stheno-Q8_0")
OFFLINE = "koboldcpp/Qwen/Qwen3-0.6B"
"""In the built-in catalogue; nobody serves it."""


async def served(horde: Horde) -> None:
    key = (await horde.account("ada", trusted=True, columns={"customizer": True})).api_key
    await horde.texts.pop(key, models=[NEMO, LLAMA, *STHENO])
    await horde.pop(key, models=["Deliberate"])


async def models_asked_for(horde: Horde, wish: Any, path: str = "/v1/completions") -> list[str]:
    """What a wish comes to in the request that is stored."""
    asking = asyncio.create_task(horde.client.post(path, json={"model": wish, "prompt": "x", "max_tokens": 16}))

    async def stored() -> Any:
        assert not asking.done() or (await asking).status_code == 200, (await asking).text
        return await horde.sql("SELECT request_order->'models' FROM request WHERE waiting > 0")

    [(models,)] = await horde.until(stored, "there is a request")
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking

    async def is_cancelled() -> bool:
        return not await horde.sql("SELECT 1 FROM request WHERE waiting > 0")

    await horde.until(is_cancelled, "what nobody waits for is cancelled")
    return list(models or [])


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        (NEMO, [NEMO]),
        (NEMO.upper(), [NEMO]),
        ("mistralai/Mistral-Nemo-Q4_K_M", [NEMO]),
        ("mistralai/Mistral-Nemo", [NEMO]),
        ("ollama/mistralai/Mistral-Nemo:latest", [NEMO]),
        (STHENO[0], [STHENO[0]]),
        ("the-operators", [LLAMA]),
        (f"{NEMO}, {LLAMA},", [NEMO, LLAMA]),
        (OFFLINE, [OFFLINE]),
        ("", []),
        (None, []),
        ("horde/any-text", []),
    ],
)
async def test_a_model_is_found_by_whatever_it_is_called(start_horde: StartHorde, wish: Any, found: list[str]) -> None:
    horde = await start_horde(model_aliases={"the-operators": LLAMA})
    await served(horde)
    assert await models_asked_for(horde, wish) == found


async def test_names_of_official_services_are_any_model_where_the_operator_says_so(start_horde: StartHorde) -> None:
    horde = await start_horde(foreign_models="any")
    await served(horde)
    assert await models_asked_for(horde, "gpt-4o-mini") == []
    assert await models_asked_for(horde, "dall-e-3", "/v1/images/generations") == []


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ("gpt-4o-mini", 404, "model_not_found"),
        ("nobody-has-this", 404, "model_not_found"),
        ("Stheno", 404, "model_not_found"),
        ("L3-8B-Stheno", 404, "model_not_found"),  # two of them: which?
        ("Deliberate", 400, "invalid_value"),
        ("horde/any-image", 400, "invalid_value"),
        ("x" * 2000, 400, "invalid_value"),
        ("x" * 1000, 404, "model_not_found"),
        ({"a": 1}, 400, "invalid_value"),
    ],
)
async def test_a_name_that_names_nothing_is_refused(horde: Horde, wish: Any, status: int, code: str) -> None:
    await served(horde)
    answer = await horde.client.post("/v1/completions", json={"model": wish, "prompt": "x"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, "model")
    assert len(error["message"]) < 1000


async def test_a_model_that_was_served_a_moment_ago_is_still_known(horde: Horde) -> None:
    """Its worker may be about to come back."""
    await served(horde)
    assert (await horde.client.get("/v1/models")).status_code == 200
    await horde.sql("UPDATE worker SET models = '{}'")
    key = (await horde.account("bob", trusted=True)).api_key
    await horde.texts.pop(key, "another", models=["koboldcpp/another"])
    assert await models_asked_for(horde, LLAMA) == [LLAMA]
