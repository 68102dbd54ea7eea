"""What a job costs the worker's processor on its way to a backend: from the pop's answer until the server has begun,
and in all. The server is that of the worker's tests, in a process of its own, and makes its picture at once.

    .venv/bin/python bench/worker_backends.py comfyui --jobs 200
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from measured_horde import ROOT

from horde_worker.backends.events import Progress
from horde_worker.backends.image import ImageResult
from horde_worker.backends.interface import Backend, BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.kinds.image.popped import read_image_pop

TARGET_MS: Final = 5.0

POPPED: Final = {
    "id": "5f6e0000-0000-4000-8000-000000000000",
    "ids": ["5f6e0000-0000-4000-8000-000000000000"],
    "model": "stable_diffusion",
    "ttl": 150,
    "payload": {
        "prompt": "a {red|blue} boat on a lake at night, stars, (sharp:1.2)###blurry, lowres",
        "sampler_name": "k_euler_a",
        "cfg_scale": 7.0,
        "seed": "3688490319",
        "width": 512,
        "height": 512,
        "ddim_steps": 1,
        "karras": True,
        "clip_skip": 2,
        "n_iter": 1,
    },
    "r2_uploads": ["http://127.0.0.1:1/put"],
}


@dataclass(frozen=True)
class Spent:
    """Milliseconds of processor time: until the server has begun, and for the whole job."""

    before_ms: float
    whole_ms: float


async def serve_comfyui() -> str:
    """A ComfyUI by its contract; its address."""
    sys.path.insert(0, str(ROOT / "worker" / "tests"))
    from played_comfyui.contract import ContractServer

    server = ContractServer()
    server.files["checkpoints"] = ["v1-5-pruned.safetensors"]
    await server.start()
    return server.url


async def image_job(backend: Backend, number: int) -> Spent:
    """One picture, from the text of the pop's answer."""
    maker = backend.makers.image
    assert maker is not None
    text = json.dumps({**POPPED, "payload": {**POPPED["payload"], "seed": str(number)}})  # type: ignore[dict-item]  # the payload is a dict
    began = time.process_time()
    job = read_image_pop(json.loads(text))
    assert job is not None
    before: float | None = None
    results = 0
    async with aclosing(maker.make(job)) as events:
        async for event in events:
            if before is None and isinstance(event, Progress):
                before = time.process_time() - began
            results += isinstance(event, ImageResult)
    assert results == 1
    assert before is not None
    return Spent(before * 1000, (time.process_time() - began) * 1000)


SERVERS: Final[dict[str, Callable[[], Awaitable[str]]]] = {"comfyui": serve_comfyui}
JOBS: Final[dict[str, Callable[[Backend, int], Awaitable[Spent]]]] = {"comfyui": image_job}
"""What is measured, by backend."""


def main() -> int:
    """Serve and measure in two processes, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("backend", choices=sorted(JOBS))
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--serve", action="store_true", help="be the server, until this process is ended")
    wished = parser.parse_args()
    if wished.serve:
        asyncio.run(_serve(wished.backend))
        return 0
    command = [sys.executable, __file__, wished.backend, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            spent = asyncio.run(_measure(wished.backend, url, wished.jobs))
        finally:
            server.terminate()
    before = median(one.before_ms for one in spent)
    print(f"{wished.backend}: {before:.2f} ms until the server has begun, of {TARGET_MS:.0f} ms at most;", end=" ")
    print(f"{median(one.whole_ms for one in spent):.2f} ms a job in all (median of {len(spent)} jobs)")
    return 0 if before <= TARGET_MS else 1


async def _serve(backend: str) -> None:
    print(await SERVERS[backend](), flush=True)
    await asyncio.Event().wait()


async def _measure(name: str, url: str, jobs: int) -> list[Spent]:
    options: dict[str, Any] = {"url": url}
    backend = await open_backend(BackendSettings(name, options))
    try:
        for number in range(5):  # what is imported late, is
            await JOBS[name](backend, number)
        return [await JOBS[name](backend, number) for number in range(5, 5 + jobs)]
    finally:
        await backend.close()


if __name__ == "__main__":
    sys.exit(main())
