"""From a horde's pop to its submit, by a server: what both were told."""

from __future__ import annotations

import asyncio

import pytest
from played_horde import LIMIT_S, PlayedHorde
from text_contracts.koboldcpp import KoboldCppContract
from text_contracts.llamacpp import LlamaCppContract
from text_contracts.served import ContractServer

from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode
from horde_worker.run import run_worker
from horde_worker.settings import OperatorWishes, WorkerSettings


async def work(horde: PlayedHorde, server: ContractServer, backend: str, jobs: int = 1) -> ExitCode:
    """A worker for some jobs."""
    settings = WorkerSettings(
        horde_url=horde.url,
        api_key="the key",
        wishes=OperatorWishes(name="a scribe"),
        backends=(BackendSettings(backend, {"url": server.url}),),
        jobs_wanted=jobs,
    )
    async with asyncio.timeout(LIMIT_S):
        return await run_worker(settings)


async def test_a_job_goes_from_the_horde_to_the_server_and_back(horde: PlayedHorde) -> None:
    """With the formatting that a worker does."""
    server = KoboldCppContract()
    await server.open()
    payload = {
        "prompt": "Once upon a time", "max_length": 80, "max_context_length": 1024, "temperature": 0.7, "top_a": 0.2,
        "singleline": True, "frmtadsnsp": True, "stop_sequence": ["\nYou:"], "sampler_order": [6, 0, 1, 3, 4, 2, 5],
    }  # fmt: skip
    model = "koboldcpp/tiny-llama.Q4_K_M"
    horde.text_pop_script = [horde.text_job("t1", model=model, payload=payload)]
    try:
        assert await work(horde, server, "koboldcpp") is ExitCode.OK
    finally:
        await server.close()
    [pop, *_] = horde.text_pops
    assert (pop["models"], pop["max_context_length"], pop["max_length"]) == ([model], 4096, 2048)
    assert pop["softprompts"] == []
    assert [(one["id"], one["state"], one["generation"]) for one in horde.text_submits] == [
        ("t1", "ok", "Once there was a cat."),
    ]
    asked = server.texts()[-1]
    assert (asked["prompt"], asked["stop_sequence"]) == ("Once upon a time ", ["\n", "\nYou:"])
    assert (asked["temperature"], asked["top_a"], asked["max_length"]) == (0.7, 0.2, 80)
    assert server.violations == []


async def test_a_server_that_hangs_is_given_up_in_time(horde: PlayedHorde) -> None:
    """The horde gets the job back, and the next one is done."""
    server = LlamaCppContract()
    await server.open()
    short = horde.text_job("t1", model="tiny-llama.Q4_K_M", ttl=2, payload={"max_context_length": 512})
    horde.text_pop_script = [short]
    try:
        working = asyncio.create_task(work(horde, server, "llamacpp"))
        await horde.until(lambda: horde.text_pops)
        server.holds_after = 4
        assert await working is ExitCode.OK
    finally:
        await server.close()
    [submit] = horde.text_submits
    assert (submit["id"], submit["state"]) == ("t1", "faulted")
    assert server.hung_up.is_set()


@pytest.mark.parametrize("backend", ["koboldcpp", "llamacpp", "ollama", "openai"])
async def test_a_server_that_is_not_there_ends_the_worker_before_it_asks_for_work(
    horde: PlayedHorde, backend: str
) -> None:
    """Its owner reads why, and a horde never hears of it."""
    server = LlamaCppContract()
    await server.open()
    await server.close()
    assert await work(horde, server, backend) is ExitCode.BACKEND
    assert horde.text_pops == []
