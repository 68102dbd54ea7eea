"""`kill -9` of the worker's process with a finished result unsent: the next start submits it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from played_horde import Answer, PlayedHorde

LIMIT_S = 60.0

Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest_asyncio.fixture
async def start(horde: PlayedHorde) -> AsyncIterator[Start]:
    """Starts `horde work` with the demo model, as a process; what still runs at the end is killed."""
    started: list[asyncio.subprocess.Process] = []

    async def start_one(*arguments: str) -> asyncio.subprocess.Process:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HORDE_", "AI_HORDE_"))}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "horde_worker", "--horde", horde.url, "--name", "a worker", "--apikey", "the-key"),
            *("--backend", "demo", "--json-log", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=kept,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> str:
    """What a process printed, once it has ended."""
    async with asyncio.timeout(LIMIT_S):
        said, _ = await process.communicate()
    return said.decode()


async def killed(process: asyncio.subprocess.Process) -> str:
    """What a process printed until it was killed."""
    process.send_signal(signal.SIGKILL)
    said = await ended(process)
    assert process.returncode == -signal.SIGKILL
    return said


def parcels(state_folder: Path) -> list[Path]:
    """The results that lie in the spool."""
    return list(state_folder.glob("openhorde/spool/*/*.parcel"))


async def test_a_result_that_was_not_sent_is_sent_by_the_next_start(
    horde: PlayedHorde, start: Start, state_folder: Path
) -> None:
    """The picture was made and is being uploaded when the process is killed."""
    silence = asyncio.Event()
    horde.pop_script = [horde.job("j1", model="ember-demo")]
    horde.upload_script = [Answer(gate=silence)]
    process = await start()
    await horde.until(lambda: horde.uploads)
    said = await killed(process)
    silence.set()
    assert (len(horde.submits), len(parcels(state_folder))) == (0, 1), said

    process = await start()
    await horde.until(lambda: horde.submits)
    process.send_signal(signal.SIGTERM)
    said += await ended(process)
    assert process.returncode == 0
    assert (horde.submit_of("j1")["state"], horde.submit_of("j1")["generation"]) == ("ok", "R2")
    assert horde.uploads[0].data == horde.uploads[1].data, "the same picture, byte for byte"
    assert '"results": 1' in said
    assert parcels(state_folder) == []
    assert "the-key" not in said


async def test_a_result_that_had_arrived_counts_once(horde: PlayedHorde, start: Start, state_folder: Path) -> None:
    """The horde had it, and the process is killed before it reads the answer: the next one learns that."""
    silence = asyncio.Event()
    horde.pop_script = [horde.job("j1", model="ember-demo")]
    horde.submit_script = [Answer(gate=silence), Answer(400, {"message": "again", "rc": "DuplicateGen"})]
    process = await start()
    await horde.until(lambda: horde.submits)
    said = await killed(process)
    silence.set()
    assert len(parcels(state_folder)) == 1, said

    process = await start()
    await horde.until(lambda: len(horde.submits) == 2)
    process.send_signal(signal.SIGTERM)
    said = await ended(process)
    assert '"results": 1' in said
    assert parcels(state_folder) == []
