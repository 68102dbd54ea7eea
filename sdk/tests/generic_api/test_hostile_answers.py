"""Answers that no good horde sends: each must end in this library's own errors, soon, and within bounds."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from fake_horde import FakeHorde, Reply, a_picture

from horde_sdk.ai_horde_api import image_downloads
from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncManualClient,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPISimpleClient,
)
from horde_sdk.ai_horde_api.apimodels import (
    AIHordeHeartbeatRequest,
    AIHordeHeartbeatResponse,
)
from horde_sdk.exceptions import AIHordeRequestError, HordeConnectionError
from horde_sdk.generic_api import bounds
from horde_sdk.generic_api.retries import RetryConfiguration

HEARTBEAT = "GET /v2/status/heartbeat"
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n"
IMPATIENT = RetryConfiguration(max_retries=0)


@pytest.fixture
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LARGEST_ANSWER_BYTES", 100_000)
    monkeypatch.setattr(bounds, "LARGEST_IMAGE_BYTES", 100_000)


def drops(pause_s: float) -> Iterator[bytes]:
    while True:
        time.sleep(pause_s)
        yield b" "


HUGE = Reply(200, b" " * 200_000)
BOMB = Reply(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"})


@pytest.mark.usefixtures("_small_bounds")
@pytest.mark.parametrize("reply", [HUGE, BOMB], ids=["huge", "bomb"])
async def test_answer_without_end_is_not_kept_in_memory(horde: FakeHorde, reply: Reply) -> None:
    horde.will_answer(HEARTBEAT, reply, reply)
    with pytest.raises(HordeConnectionError, match="larger than"):
        AIHordeAPISimpleClient(retry_config=IMPATIENT).heartbeat_request()
    async with aiohttp.ClientSession() as connections:
        manual = AIHordeAPIAsyncManualClient(connections, retry_config=IMPATIENT)
        with pytest.raises(HordeConnectionError, match="larger than"):
            await manual.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)


@pytest.mark.usefixtures("_small_bounds")
async def test_download_without_end_is_not_kept_in_memory(horde: FakeHorde) -> None:
    horde.will_answer("GET /image/1", HUGE, HUGE)
    url = horde.url.replace("api/", "image/1")
    with pytest.raises(OSError, match="larger than"):
        AIHordeAPISimpleClient().download_image_from_url(url)
    async with aiohttp.ClientSession() as connections:
        with pytest.raises(aiohttp.ClientError, match="larger than"):
            await AIHordeAPIAsyncSimpleClient(connections).download_image_from_url(url)


async def test_answer_that_drips_is_given_up(horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST_ANSWER_S", 0.5)
    reply = Reply(200, drops(0.05), {"Content-Length": "100000"})
    horde.will_answer(HEARTBEAT, reply, reply)
    began = time.monotonic()
    with pytest.raises(HordeConnectionError):
        AIHordeAPISimpleClient(retry_config=IMPATIENT, timeout=0.3).heartbeat_request()
    async with aiohttp.ClientSession() as connections:
        manual = AIHordeAPIAsyncManualClient(connections, retry_config=IMPATIENT, timeout=0.3)
        with pytest.raises(HordeConnectionError):
            await manual.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("status", [200, 429])
def test_json_nested_without_end_is_an_error_of_this_library(horde: FakeHorde, status: int) -> None:
    horde.will_answer(HEARTBEAT, Reply(status, b"[" * 100_000))

    with pytest.raises(AIHordeRequestError, match="not JSON"):
        AIHordeAPISimpleClient(retry_config=IMPATIENT).heartbeat_request()


@pytest.mark.parametrize("name", ["picture.webp", "picture"])
def test_file_that_makes_pillow_start_a_program_is_no_picture(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="cannot identify"):
        image_downloads.open_image(POSTSCRIPT)
    with pytest.raises(OSError, match="cannot identify"):
        image_downloads.save_image(POSTSCRIPT, tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_ending_that_pillow_only_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="psd"):
        image_downloads.save_image(a_picture(), tmp_path / "picture.psd")
