"""Trying a server out before it is relied on: the smallest picture, and each post-processor once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final

import structlog
from PIL import Image, ImageChops, ImageStat

from horde_worker.backends.a1111.answer import decoded
from horde_worker.backends.a1111.facts import Facts, Program
from horde_worker.backends.a1111.maker import A1111Maker
from horde_worker.backends.a1111.post_processors import PostProcessor
from horde_worker.backends.a1111.request import in_base64
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageJob, ImageResult
from horde_worker.backends.over_http.server import BackendServer

log = structlog.get_logger(__name__)

PICTURE_LIMIT_S: Final = 200.0
"""The server may have to load a model first."""
POST_PROCESSORS_LIMIT_S: Final = 90.0
"""For all of them: a server fetches weights at their first use. What has no result by then is not offered."""
_SIDE: Final = 64
_STEPS: Final = 2
_NO_DIFFERENCE: Final = 0.5
"""On the mean, of 255."""


async def try_out(server: BackendServer, maker: A1111Maker, facts: Facts) -> None:
    """Raises `BackendFailure` where no picture comes; what else has no effect is only not offered."""
    await _try_pictures(await _loaded(server), maker, facts)
    given_up_at = time.monotonic() + POST_PROCESSORS_LIMIT_S
    for name, candidates in maker.untried_processors(facts).items():
        for processor in candidates:
            left_s = given_up_at - time.monotonic()
            if name in maker.processors(facts) or left_s <= 0:
                break
            await _try_post_processor(maker, processor, left_s)


async def _loaded(server: BackendServer) -> str:
    """The model that is loaded: a picture by it costs no change of models."""
    options = await server.get_json("/sdapi/v1/options")
    found = options.get("sd_model_checkpoint") if isinstance(options, Mapping) else None
    return found if isinstance(found, str) else ""


async def _try_pictures(loaded: str, maker: A1111Maker, facts: Facts) -> None:
    """One, and the same that is to tile: some versions of Forge take that key and do nothing about it."""
    abilities = maker.abilities_of(facts)
    if not abilities.models:
        raise BackendFailure(f"none of the models in the settings is at {facts.program.value}")
    model = maker.model_of(facts, loaded) or abilities.models[0]
    plain = await _picture(maker, facts, model)
    if facts.program != Program.PART:
        tiled = await _picture(maker, facts, model, tiling=True)
        maker.has_tiling = _difference(plain, tiled) >= _NO_DIFFERENCE


async def _picture(maker: A1111Maker, facts: Facts, model: str, *, tiling: bool = False) -> Image.Image:
    job = ImageJob(
        ids=("self-test",),
        model=model,
        prompt="a circle",
        negative_prompt="",
        width=_SIDE,
        height=_SIDE,
        steps=_STEPS,
        cfg_scale=1.0,
        sampler="k_euler",
        karras=False,
        seeds=(1,),
        ttl_s=PICTURE_LIMIT_S,
        upload_urls=(),
        tiling=tiling,
    )
    async with aclosing(maker.make_with(facts, job)) as events:
        async for event in events:
            if isinstance(event, ImageResult):
                return event.image
    raise BackendFailure(f"{facts.program.value} made no picture to try it out")


async def _try_post_processor(maker: A1111Maker, processor: PostProcessor, limit_s: float) -> None:
    """A server without an upscaler's weights answers with a picture that is only stretched: that is no result."""
    picture = _pattern()
    try:
        answer = await maker.post_process(processor, await asyncio.to_thread(in_base64, picture), 1.0, limit_s)
        made = await asyncio.to_thread(decoded, answer)
        if made.width != _SIDE * processor.factor:
            raise BackendFailure(f"{made.width} pixels of {_SIDE * processor.factor}")
        if processor.factor > 1 and await asyncio.to_thread(_is_only_stretched, picture, made):
            raise BackendFailure("the picture is only stretched; its weights are not there")
    except BackendFailure as failure:
        log.info("worker.post_processor_not_used", backend="a1111", name=processor.local, reason=str(failure))
    else:
        maker.proven(processor)


def _pattern() -> Image.Image:
    """Shades and edges."""
    picture = Image.radial_gradient("L").resize((_SIDE, _SIDE)).convert("RGB")
    picture.paste((200, 60, 30), (8, 8, 30, 24))
    return picture


def _is_only_stretched(before: Image.Image, after: Image.Image) -> bool:
    """Whether plain resampling gives the same."""
    plain = after.convert("RGB")
    return any(_difference(plain, before.resize(after.size, way)) < _NO_DIFFERENCE for way in Image.Resampling)


def _difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)
