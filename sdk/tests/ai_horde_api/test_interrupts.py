"""Ctrl-C while a program waits: the request is cancelled on the horde before the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check

CHECK = f"GET /v2/generate/check/{JOB}"

SYNC = """
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest

def told(check):
    print("looked", flush=True)

AIHordeAPISimpleClient(poll_interval=60).image_generate_request(
    ImageGenerateAsyncRequest(prompt="p", models=[]), check_callback=told
)
"""

ASYNC = """
import asyncio
import aiohttp
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncSimpleClient
from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest

def told(check):
    print("looked", flush=True)

async def main():
    async with aiohttp.ClientSession() as session:
        client = AIHordeAPIAsyncSimpleClient(session, poll_interval=60)
        await client.image_generate_request(ImageGenerateAsyncRequest(prompt="p", models=[]), check_callback=told)

asyncio.run(main())
"""


def started(program: str, horde: FakeHorde) -> subprocess.Popen[str]:
    return subprocess.Popen(
        # A shell's background jobs ignore SIGINT, and what they start inherits that.
        [sys.executable, "-c", f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{program}"],
        env={**os.environ, "AI_HORDE_URL": horde.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_program_interrupted_before_it_knows_the_id_cancels_its_request(horde: FakeHorde, program: str) -> None:
    horde.hold = threading.Event()
    running = started(program, horde)
    assert horde.arrived.wait(30)

    running.send_signal(signal.SIGINT)
    horde.hold.set()
    _, said = running.communicate(timeout=30)

    assert "KeyboardInterrupt" in said
    assert horde.lines[-1] == f"DELETE /v2/generate/status/{JOB}"


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_interrupted_program_cancels_its_request(horde: FakeHorde, program: str) -> None:
    horde.will_answer(CHECK, Reply(200, a_check()))
    running = started(program, horde)
    assert running.stdout is not None
    assert running.stdout.readline() == "looked\n"

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert "KeyboardInterrupt" in said
    assert horde.lines == ["POST /v2/generate/async", CHECK, f"DELETE /v2/generate/status/{JOB}"]
