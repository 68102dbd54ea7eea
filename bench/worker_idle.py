"""What a worker costs that has nothing to do: memory and processor time, with a backend over HTTP.

    .venv/bin/python bench/worker_idle.py --seconds 60
    .venv/bin/python bench/worker_idle.py --backend comfyui --url http://127.0.0.1:8188    # a real one

Without `--backend` the other side is played: a server that says it has one model, asked by the parts that all backends
over HTTP are made of. The horde is played too: one that answers pops at once (`--held`: one that holds them for 30 s,
as OpenHorde does). Both run in this process; what is measured is the worker's alone, as `horde work` loads it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from aiohttp import web

SETTLE_S = 10.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Serve, start a worker of each kind, let it settle, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look")
    parser.add_argument("--backend", default="", help="a backend by its name, instead of the played one")
    parser.add_argument("--url", default="", help="where that backend's program listens")
    parser.add_argument("--held", action="store_true", help="the horde holds pops back for 30 s")
    arguments = parser.parse_args()
    asyncio.run(_measure(arguments.seconds, arguments.backend, arguments.url, held=arguments.held))
    return 0


async def _measure(seconds: float, backend: str, url: str, *, held: bool) -> None:
    served = Served(held=held)
    own_url = await served.open()
    print(f"{'worker':22} {'RSS MB':>8} {'CPU %':>7} {'pops/min':>9}")
    for kind in [backend] if backend else ["text", "image"]:
        process = await asyncio.to_thread(_started, own_url, kind, url or own_url)
        try:
            async with asyncio.timeout(60):
                while not served.pops:
                    await asyncio.sleep(0.1)
            await asyncio.sleep(SETTLE_S)
            before_s, pops, began = _cpu_s(process.pid), served.pops, time.monotonic()
            await asyncio.sleep(seconds)
            took_s = time.monotonic() - began
            share = (_cpu_s(process.pid) - before_s) / took_s
            pops_per_min = (served.pops - pops) / took_s * 60
            print(f"{kind:22} {_rss_mb(process.pid):8.1f} {share * 100:7.2f} {pops_per_min:9.1f}", flush=True)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)
        served.pops = 0
    await served.close()


class Served:
    """A horde without jobs, and a program with one model."""

    def __init__(self, *, held: bool) -> None:
        self.pops = 0
        self._held = held
        self._runner: web.AppRunner | None = None

    async def open(self) -> str:
        """Its address."""
        app = web.Application()
        for path in ("generate/pop", "generate/text/pop", "interrogate/pop"):
            app.router.add_post(f"/api/v2/{path}", self._pop)
        app.router.add_get("/models", self._models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """No more."""
        assert self._runner is not None
        await self._runner.cleanup()

    async def _pop(self, request: web.Request) -> web.Response:
        self.pops += 1
        if self._held:
            await asyncio.sleep(30)
        headers = {"Preference-Applied": "wait=30"} if self._held else {}
        return web.json_response({"id": None, "ids": [], "skipped": {"models": 3}, "messages": []}, headers=headers)

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response(["a model"])


def _started(horde_url: str, kind: str, url: str) -> subprocess.Popen[bytes]:
    """The worker as a process of its own."""
    wanted = json.dumps({"horde": horde_url, "kind": kind, "url": url})
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
