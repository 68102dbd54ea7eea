"""The operations that are measured (design §6): each a coroutine that does it so many times, from 16 connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from measured_horde import MeasuredHorde

CONNECTIONS = 16
AGENT = "AI Horde Worker reGen:13.0.0:https://example.org"
WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
KNOWN_MODELS = ("Deliberate", "Anything Diffusion")
PARAMS = {"width": 512, "height": 512, "steps": 20, "sampler_name": "k_euler"}


@dataclass(slots=True)
class Load:
    """Speaks to the horde as clients and workers do."""

    horde: MeasuredHorde
    http: aiohttp.ClientSession
    answers: dict[int, int] = field(default_factory=dict)

    async def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """One exchange; the JSON. Raises RuntimeError for anything but success."""
        headers = {"apikey": key} if key else {}
        async with self.http.request(method, f"{self.horde.url}/api/v2/{path}", json=body, headers=headers) as answer:
            self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status} {await answer.text()}")
            return await answer.json()

    async def ask(self, model: str = "stable_diffusion", images: int = 1, key: str | None = None) -> str:
        """A request of some images; its id. By default by Anonymous, who may have many for different models."""
        body = {"prompt": "a lighthouse", "models": [model], "r2": False, "params": {**PARAMS, "n": images}}
        return str((await self.call("POST", "generate/async", body, key or self.horde.requester_key))["id"])

    async def pop(self, worker: int, model: str = "stable_diffusion") -> list[str]:
        """A worker's pop; the ids of its jobs."""
        key = self.horde.worker_keys[worker % len(self.horde.worker_keys)]
        offer = {"name": f"worker {worker}", "models": [model], "bridge_agent": AGENT, "max_pixels": 1_048_576}
        return list((await self.call("POST", "generate/pop", offer, key))["ids"])

    async def submit(self, worker: int, job_id: str) -> None:
        """Deliver a job."""
        key = self.horde.worker_keys[worker % len(self.horde.worker_keys)]
        await self.call("POST", "generate/submit", {"id": job_id, "generation": WEBP, "seed": 1}, key)


@asynccontextmanager
async def load_on(horde: MeasuredHorde) -> AsyncIterator[Load]:
    """A load with its connections."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:
        yield Load(horde, http)


async def many(count: int, one: Callable[[int], Awaitable[None]]) -> None:
    """Do `one(0)` … `one(count - 1)`, sixteen at a time."""
    numbers = iter(range(count))

    async def take() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(take() for _ in range(CONNECTIONS)))
