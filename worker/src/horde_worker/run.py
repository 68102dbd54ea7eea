"""A whole worker from its settings: session and signals."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog

from horde_sdk.reach import Network, outside
from horde_worker.backends.interface import AnyBackend
from horde_worker.backends.registry import make_backend
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.alchemy import AlchemyKind
from horde_worker.kinds.image import ImageKind
from horde_worker.kinds.interface import Kind
from horde_worker.kinds.text import TextKind
from horde_worker.offer import BRIDGE_AGENT, OperatorWishes
from horde_worker.worker import ExitCode, Worker

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the operator chose. Each backend is a worker of its own; there is one at most of a kind."""

    horde_url: str
    api_key: str = field(repr=False)
    name: str
    backends: tuple[str, ...] = ("demo",)
    aliases: tuple[str, ...] = ()  # of the first backend's model
    text_aliases: tuple[str, ...] = ()  # of the text backend's
    max_pixels: int | None = None
    batch: int | None = None
    queue_size: int = 1
    nsfw: bool = True
    named_only: bool = False
    bridge_agent: str = BRIDGE_AGENT
    jobs_wanted: int | None = None
    exit_on_maintenance: bool = False
    max_length: int | None = None
    max_context_length: int | None = None
    forms: tuple[str, ...] = ()  # of alchemy; none: all that the backend can
    max_tiles: int | None = None
    private_networks: tuple[Network, ...] = ()  # of the owner's own, that the horde may point to


class OneKindTwice(ValueError):
    """Two backends of one kind: their workers would have one name."""


async def run_worker(settings: WorkerSettings) -> ExitCode:
    """Work until a signal: the first drains, a second leaves at once. Raises `UnknownBackend` and `OneKindTwice`.

    The first worker that ends in another way than in order drains the others; its code is the answer.
    """
    backends = [make_backend(name) for name in settings.backends]
    if len({backend.kind for backend in backends}) < len(backends):
        raise OneKindTwice("One backend of a kind: a worker's name stands for one kind of work.")
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        aclosing(
            HordeApi(session, settings.horde_url, settings.api_key, reach=outside(settings.private_networks))
        ) as api,
    ):
        workers = [_worker(api, backend, settings, is_first=place == 0) for place, backend in enumerate(backends)]
        with _signals_end(workers):
            return await _run_all(workers)


def _worker(api: HordeApi, backend: AnyBackend, settings: WorkerSettings, *, is_first: bool) -> Worker[Any, Any]:
    """The worker of one backend. The name is the first one's; a horde ties a name to one kind of work."""
    aliases = settings.aliases if is_first else ()
    if backend.kind == "text":
        aliases += settings.text_aliases
    wishes = OperatorWishes(
        name=settings.name if is_first else f"{settings.name}-{backend.kind}",
        models=() if backend.kind == "alchemy" else tuple(dict.fromkeys((*aliases, *backend.abilities.models))),
        max_pixels=settings.max_pixels,
        batch=settings.batch,
        nsfw=settings.nsfw,
        named_only=settings.named_only,
        bridge_agent=settings.bridge_agent,
        max_length=settings.max_length,
        max_context_length=settings.max_context_length,
        forms=settings.forms,
        max_tiles=settings.max_tiles,
    )
    return Worker(
        _kind(api, backend, wishes),
        queue_size=settings.queue_size,
        jobs_wanted=settings.jobs_wanted,
        exit_on_maintenance=settings.exit_on_maintenance,
    )


def _kind(api: HordeApi, backend: AnyBackend, wishes: OperatorWishes) -> Kind[Any, Any]:
    if backend.kind == "image":
        return ImageKind(api, backend, wishes)
    if backend.kind == "text":
        return TextKind(api, backend, wishes)
    return AlchemyKind(api, backend, wishes)


async def _run_all(workers: Sequence[Worker[Any, Any]]) -> ExitCode:
    running = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        for ended in asyncio.as_completed(running):
            code = await ended
            if code is not ExitCode.OK:
                for worker in workers:
                    worker.drain()
                await asyncio.wait(running)
                return code
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return ExitCode.OK


@contextmanager
def _signals_end(workers: Sequence[Worker[Any, Any]]) -> Iterator[None]:
    is_second = False

    def on_signal() -> None:
        nonlocal is_second
        _say_what_now(sum(worker.jobs_in_hand for worker in workers), is_second=is_second)
        for worker in workers:
            if is_second:
                worker.leave()
            else:
                worker.drain()
        is_second = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _say_what_now(jobs_in_hand: int, *, is_second: bool) -> None:
    """What a signal has begun: otherwise nobody would know what the worker is waiting for."""
    jobs = "1 job" if jobs_in_hand == 1 else f"{jobs_in_hand} jobs"
    if is_second:
        log.warning("worker.leaving_at_once", message=f"giving {jobs} back")
    elif jobs_in_hand:
        log.info("worker.leaving", message=f"finishing {jobs}, press Ctrl-C again to leave at once")
    else:
        log.info("worker.leaving", message="there is nothing to finish")
