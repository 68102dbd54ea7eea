"""Jobs and orders with defaults, a ComfyUI with the backend on it, and what a job made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from played_comfyui.contract import ContractServer
from played_comfyui.weights import CHECKPOINT

from horde_worker.backends.comfyui.file_names import stem
from horde_worker.backends.comfyui.local_models import LocalModel
from horde_worker.backends.comfyui.order import Order
from horde_worker.backends.comfyui_backend import ComfyUiBackend
from horde_worker.backends.events import Preview, Progress
from horde_worker.backends.image import ImageEvent, ImageJob, ImageResult, SourceGiven
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.normalise.baselines import Baseline

MODEL = stem(CHECKPOINT)
LIMIT_S = 60.0


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    async with asyncio.timeout(LIMIT_S):
        while not is_so():
            await asyncio.sleep(0.01)


def a_job(**changed: Any) -> ImageJob:
    """A small picture in two steps."""
    job: dict[str, Any] = {
        "ids": ("a",),
        "model": MODEL,
        "prompt": "a red boat",
        "negative_prompt": "blurry",
        "width": 128,
        "height": 64,
        "steps": 2,
        "cfg_scale": 5.0,
        "sampler": "k_euler",
        "karras": False,
        "seeds": (7,),
        "ttl_s": 120.0,
        "upload_urls": (),
    }
    if changed.get("source") is not None:
        job["given"] = SourceGiven("a picture", is_inpainting=changed.get("mask") is not None)
    return ImageJob(**{**job, **changed})


def an_order(**changed: Any) -> Order:
    """What is asked for such a job."""
    order: dict[str, Any] = {
        "model": LocalModel(MODEL, CHECKPOINT, Baseline.stable_diffusion_1),
        "prompt": "a red boat",
        "negative_prompt": "blurry",
        "size": (128, 64),
        "steps": 2,
        "cfg_scale": 5.0,
        "sampler": "euler",
        "scheduler": "normal",
        "seed": 7,
    }
    return Order(**{**order, **changed})


@dataclass
class ComfyUi:
    """A ComfyUI with the reduced weights. `contract` is there where it is the contract server."""

    url: str
    contract: ContractServer | None
    stack: AsyncExitStack
    settings: dict[str, Any] = field(default_factory=dict)

    async def opened(self, **options: Any) -> ComfyUiBackend:
        """The backend on it; closed when the test is over."""
        settings = {"url": self.url, "controlnet": "some", **options}
        backend = await ComfyUiBackend.open(BackendSettings("comfyui", settings))
        self.stack.push_async_callback(backend.close)
        return backend

    async def asked(self, path: str) -> Any:
        """What it answers to a GET, for a look behind the backend's back."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return await answer.json()


@dataclass
class Made:
    """What a job made."""

    results: list[ImageResult] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)

    @property
    def picture(self) -> Any:
        return self.results[0].image


async def made(backend: ComfyUiBackend, job: ImageJob) -> Made:
    """Everything that a job tells."""
    found = Made()
    async with aclosing(backend.make(job)) as events:
        async for event in events:
            _sorted_in(found, event)
    return found


def _sorted_in(found: Made, event: ImageEvent) -> None:
    match event:
        case ImageResult():
            found.results.append(event)
        case Progress():
            found.progress.append(event)
        case Preview():
            found.previews.append(event)
