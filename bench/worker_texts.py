"""CPU that the worker spends on a text beside its backend: from the job to its result, the server being elsewhere.

`PYTHONPATH=worker/tests python bench/worker_texts.py` plays each program in a process of its own, by the contracts
of the tests, and prints a table.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Final

import structlog
from text_contracts.koboldcpp import KoboldCppContract
from text_contracts.llamacpp import LlamaCppContract
from text_contracts.ollama import OllamaContract
from text_contracts.openai import VllmContract
from text_contracts.served import ContractServer
from text_jobs import a_job

from horde_worker.backends.events import Watched
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.backends.text import TextJob, TextResult
from horde_worker.kinds.results import results_of

TOKENS: Final = 80
"""What requests ask for by default."""
REST_S: Final = 0.002
SERVERS: Final[dict[str, tuple[str, Callable[[], ContractServer]]]] = {
    "KoboldCpp": ("koboldcpp", KoboldCppContract),
    "llama.cpp": ("llamacpp", LlamaCppContract),
    "Ollama": ("ollama", OllamaContract),
    "vLLM": ("openai", VllmContract),
}


def play(make: Callable[[], ContractServer], told: Connection) -> None:
    """Serve a story of many tokens until the process is ended."""

    async def serve() -> None:
        server = make()
        server.story = (" word",) * 1000
        server.rest_s = REST_S  # each token comes by itself
        await server.open()
        told.send(server.url)
        await asyncio.Event().wait()

    asyncio.run(serve())


@contextmanager
def played(make: Callable[[], ContractServer]) -> Iterator[str]:
    """The address of a played server in another process."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=play, args=(make, there), daemon=True)
    process.start()
    try:
        yield str(here.recv())
    finally:
        process.terminate()
        process.join()


async def nobody(_event: Watched) -> None:
    """Hears of pieces, as hooks would."""


async def measured(name: str, url: str, jobs: int, tokens: int) -> float:
    """Milliseconds of CPU for a job of one text, the best of three rounds: others use this machine too."""
    backend = await open_backend(BackendSettings(name, {"url": url}))
    maker = backend.makers.text
    assert maker is not None
    job: TextJob = a_job(max_length=tokens, prompt="Once upon a time " * 40)
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(jobs):
            async for result in results_of(maker.make(job), TextResult, 1, nobody, "texts"):
                assert isinstance(result, TextResult)
                assert result.tokens == tokens
        best = min(best, (time.process_time() - began) / jobs * 1000)
    await backend.close()
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=30)
    jobs: int = parser.parse_args().jobs
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"| backend | a text of {TOKENS} tokens | of one token |\n|---|---|---|")
    for program, (name, make) in SERVERS.items():
        with played(make) as url:
            long = asyncio.run(measured(name, url, jobs, TOKENS))
            short = asyncio.run(measured(name, url, jobs, 1))
        print(f"| {program} | {long:.1f} ms | {short:.1f} ms |")


if __name__ == "__main__":
    main()
