"""Ctrl-C or SIGTERM while a program waits: the request is cancelled on the horde before the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check

CHECK = f"GET /v2/generate/check/{JOB}"
CANCEL = f"DELETE /v2/generate/status/{JOB}"

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
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 99)
    running = started(program, horde)
    assert running.stdout is not None
    assert running.stdout.readline() == "looked\n"

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert "KeyboardInterrupt" in said
    assert horde.lines[:2] == ["POST /v2/generate/async", CHECK]
    assert horde.lines[-1] == CANCEL
    assert horde.lines.count(CANCEL) == 1


BATCH = SYNC.replace("image_generate_request(", "image_generate_batch(").replace("models=[]),", "models=[]), 1,")
ASYNC_BATCH = ASYNC.replace("image_generate_request(", "image_generate_batch(").replace("models=[]),", "models=[]), 1,")
GATHERED = ASYNC.replace(
    'await client.image_generate_request(ImageGenerateAsyncRequest(prompt="p", models=[]), check_callback=told)',
    """request = ImageGenerateAsyncRequest(prompt="p", models=[])
        await asyncio.gather(*(client.image_generate_request(request, check_callback=told) for _ in range(3)))""",
)


@pytest.mark.parametrize(
    ("program", "requests"),
    [(SYNC, 1), (ASYNC, 1), (BATCH, 1), (ASYNC_BATCH, 1), (GATHERED, 3)],
    ids=["sync", "async", "batch", "async batch", "gathered"],
)
def test_program_that_is_told_to_end_cancels_its_requests_and_ends_by_the_signal(
    horde: FakeHorde, program: str, requests: int
) -> None:
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 999)
    running = started(program, horde)
    assert running.stdout is not None
    for _ in range(requests):
        assert running.stdout.readline() == "looked\n"

    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)

    assert running.returncode == -signal.SIGTERM
    assert horde.lines.count(CANCEL) == requests


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_program_told_to_end_before_it_knows_the_id_cancels_its_request(horde: FakeHorde, program: str) -> None:
    horde.hold = threading.Event()
    running = started(program, horde)
    assert horde.arrived.wait(30)

    running.send_signal(signal.SIGTERM)
    horde.hold.set()
    running.communicate(timeout=30)

    assert running.returncode == -signal.SIGTERM
    assert horde.lines[-1] == CANCEL


HANDLES_IT = """
import signal

def handled(*_):
    print("handled", flush=True)
    raise SystemExit(7)

signal.signal(signal.SIGTERM, handled)
"""


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_program_that_handles_the_signal_itself_is_left_alone(horde: FakeHorde, program: str) -> None:
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 999)
    running = started(f"{HANDLES_IT}\n{program}", horde)
    assert running.stdout is not None
    assert running.stdout.readline() == "looked\n"

    running.send_signal(signal.SIGTERM)
    said, _ = running.communicate(timeout=30)

    assert "handled" in said
    assert running.returncode == 7


AFTERWARDS = """
import signal
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
print("as before", flush=True)
"""


@pytest.mark.parametrize("program", [SYNC, ASYNC, GATHERED], ids=["sync", "async", "gathered"])
def test_signal_is_as_before_when_the_wait_is_over(horde: FakeHorde, program: str) -> None:
    said, _ = started(f"{program}\n{AFTERWARDS}", horde).communicate(timeout=30)

    assert said.endswith("as before\n")
