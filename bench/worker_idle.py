"""What a worker costs that has nothing to do: memory and processor time, with each backend over HTTP.

    .venv/bin/python bench/worker_idle.py --seconds 60
    .venv/bin/python bench/worker_idle.py --backend comfyui --url http://127.0.0.1:8188    # a real one

Without `--url` the programs are the contract servers of the worker's tests, where each backend passes its self-test.
The horde is played too: one that answers pops at once, or (`--held`) one that holds them for 30 s, as OpenHorde does.
Both run in this process; what is measured is the worker's alone, as `horde work` loads it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import web
from measured_horde import ROOT
from worker_backends import serve_comfyui

SETTLE_S = 10.0
START_LIMIT_S = 60.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


async def serve_llamacpp() -> str:
    """A llama.cpp server by its contract; its address."""
    sys.path.insert(0, str(ROOT / "worker" / "tests"))
    from text_contracts.llamacpp import LlamaCppContract

    server = LlamaCppContract()
    await server.open()
    return server.url


async def serve_koboldcpp() -> str:
    """A KoboldCpp by its contract; its address."""
    sys.path.insert(0, str(ROOT / "worker" / "tests"))
    from text_contracts.koboldcpp import KoboldCppContract

    server = KoboldCppContract()
    await server.open()
    return server.url


SERVERS: Final[dict[str, Callable[[], Awaitable[str]]]] = {
    "comfyui": serve_comfyui,
    "llamacpp": serve_llamacpp,
    "koboldcpp": serve_koboldcpp,
}


def main() -> int:
    """Serve, start a worker for each backend, let it settle, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look")
    parser.add_argument("--backend", default="", help="this one only")
    parser.add_argument("--url", default="", help="where its program listens, instead of a contract server")
    parser.add_argument("--held", action="store_true", help="the horde holds pops back for 30 s")
    wished = parser.parse_args()
    asyncio.run(_measure(wished.seconds, wished.backend, wished.url, held=wished.held))
    return 0


async def _measure(seconds: float, backend: str, url: str, *, held: bool) -> None:
    horde = PlayedHorde(held=held)
    horde_url = await horde.open()
    print(f"{'backend':12} {'RSS MB':>8} {'CPU %':>7} {'pops/min':>9}")
    for name in [backend] if backend else sorted(SERVERS):
        process = await asyncio.to_thread(_started, horde_url, name, url or await SERVERS[name]())
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while not horde.pops:
                    await asyncio.sleep(0.1)
            await asyncio.sleep(SETTLE_S)
            before_s, pops, began = _cpu_s(process.pid), horde.pops, time.monotonic()
            await asyncio.sleep(seconds)
            took_s = time.monotonic() - began
            share = (_cpu_s(process.pid) - before_s) / took_s
            pops_per_min = (horde.pops - pops) / took_s * 60
            print(f"{name:12} {_rss_mb(process.pid):8.1f} {share * 100:7.2f} {pops_per_min:9.1f}", flush=True)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)
        horde.pops = 0
    await horde.close()


class PlayedHorde:
    """Has no jobs."""

    def __init__(self, *, held: bool) -> None:
        self.pops = 0
        self._held = held
        self._runner: web.AppRunner | None = None

    async def open(self) -> str:
        """Its address."""
        app = web.Application()
        for path in ("generate/pop", "generate/text/pop", "interrogate/pop"):
            app.router.add_post(f"/api/v2/{path}", self._pop)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """No more."""
        assert self._runner is not None
        await self._runner.cleanup()

    async def _pop(self, _request: web.Request) -> web.Response:
        self.pops += 1
        if self._held:
            await asyncio.sleep(30)
        headers = {"Preference-Applied": "wait=30"} if self._held else {}
        return web.json_response({"id": None, "ids": [], "skipped": {"models": 3}, "messages": []}, headers=headers)


def _started(horde_url: str, backend: str, url: str) -> subprocess.Popen[bytes]:
    """The worker as a process of its own."""
    wanted = json.dumps({"horde": horde_url, "backend": backend, "url": url})
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("idle_worker_process.py")), wanted],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _rss_mb(pid: int) -> float:
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
