"""A whole process of workers from its settings: connections, backends, signals."""

from __future__ import annotations

# isort: off
from horde_worker import structlog_without_rich  # noqa: F401  # before all that log
# isort: on

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import aiohttp
import structlog

from horde_sdk.reach import outside
from horde_worker.backends.alchemy import AlchemyMaker
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import Backend, BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.exit_codes import ExitCode
from horde_worker.freed_memory import give_back
from horde_worker.gate.idle_rule import IdleRule
from horde_worker.gate.memory_watch import MemoryWatch
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.interface import Kind
from horde_worker.pool.shared_names import Share, shares_of
from horde_worker.remote import resume
from horde_worker.settings import WorkerSettings
from horde_worker.signals import on_stop_signals
from horde_worker.spool.place import spool_folder
from horde_worker.spool.spool import Spool
from horde_worker.stop import Stop
from horde_worker.worker import Worker

if TYPE_CHECKING:
    from horde_worker.lora_cache.cache import LoraCache

log = structlog.get_logger(__name__)

AnyWorker: TypeAlias = Worker[Any, Any]
OPEN_AGAIN_S: Final = 10.0


async def run_worker(settings: WorkerSettings) -> ExitCode:
    """Work until a signal (`horde_worker.stop`). Raises `UnknownBackend`, and `NoSchedule` for a wrong one.

    The first worker that ends in another way than in order drains the others; its code is the answer.
    """
    stop = Stop()
    async with AsyncExitStack() as opened:
        opened.enter_context(on_stop_signals(stop.ask))
        opened.callback(stop.forget)
        session = await opened.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        reach = outside(settings.private_networks)
        api = await opened.enter_async_context(
            aclosing(
                HordeApi(session, settings.horde_url, settings.api_key, reach=reach, source_proxy=settings.source_proxy)
            )
        )
        try:
            backends = [
                (one, await _opened(one, opened, stop, is_service=settings.is_service)) for one in settings.backends
            ]
        except _NotOpened as why:
            return why.code
        shares = shares_of(backends, settings.wishes.name, settings.names, settings.roles)
        loras = await _lora_cache(settings, opened)
        alchemist = next((one.maker for one in shares if one.kind == "alchemy"), None)
        stop.workers = [_worker(_kind(api, one, settings, alchemist, loras), api, one, settings) for one in shares]
        if not stop.workers:
            log.error("worker.backend_failed", backend=settings.backends[0].name, reason="it makes nothing")
            return ExitCode.BACKEND
        give_back()
        code = await _run_all(stop.workers)
    return ExitCode.CRASH if stop.was_cut_short else code


class _NotOpened(Exception):
    """A backend is not open, and the process ends with this code."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code.name)
        self.code = code


async def _opened(settings: BackendSettings, stack: AsyncExitStack, stop: Stop, *, is_service: bool) -> Backend:
    """An open backend, closed at the end of the stack. Raises `UnknownBackend` and `_NotOpened`.

    A service that was started with the machine waits for the programs that are started beside it.
    """
    while True:
        try:
            backend = await stop.unless_asked(open_backend(settings))
            break
        except BackendFailure as error:
            log.error("worker.backend_failed", backend=settings.name, reason=str(error))
            if not is_service:
                raise _NotOpened(ExitCode.BACKEND) from error
            await stop.unless_asked(asyncio.sleep(OPEN_AGAIN_S))
            if stop.is_asked:
                raise _NotOpened(ExitCode.OK) from None
    if backend is None:
        raise _NotOpened(ExitCode.OK)
    stack.push_async_callback(backend.close)
    if stop.is_asked:  # in the moment in which it was open
        raise _NotOpened(ExitCode.OK)
    return backend


async def _lora_cache(settings: WorkerSettings, stack: AsyncExitStack) -> LoraCache | None:
    """One for all workers, open, and closed at the end of the stack; None where the owner wants none."""
    if not settings.lora_cache.is_on:
        return None
    from horde_worker.lora_cache.cache import LoraCache
    from horde_worker.lora_cache.place import folders_for

    cache = LoraCache(
        settings.lora_cache,
        folders_for(settings.lora_cache, settings.backends),
        allows_nsfw=settings.wishes.nsfw,
        reach=outside(settings.private_networks),
    )
    await stack.enter_async_context(aclosing(cache))
    await cache.open()
    return cache


def _worker(kind: Kind[Any, Any], api: HordeApi, share: Share, settings: WorkerSettings) -> AnyWorker:
    spool = None
    if settings.spool.is_on:
        folder = spool_folder(share.worker, settings.spool.folder)
        spool = Spool(folder, horde_url=api.url, worker=share.worker, kind=share.kind, limits=settings.spool)
    return Worker(
        kind,
        queue_size=settings.queue_size,
        jobs_wanted=settings.jobs_wanted,
        exit_on_maintenance=settings.exit_on_maintenance,
        is_service=settings.is_service,
        resume=partial(resume, api, share.worker),
        resume_at_start=settings.remove_maintenance_on_start,
        hooks=settings.hooks,
        spool=spool,
        rules=(MemoryWatch(settings.memory, kind), IdleRule(settings.idle, kind)),
    )


def _kind(
    api: HordeApi, share: Share, settings: WorkerSettings, alchemist: AlchemyMaker | None, loras: LoraCache | None
) -> Kind[Any, Any]:
    """The kind of work of a share. Those that nobody asked for are not even imported."""
    aliases = settings.aliases if share.is_of_first else ()
    if share.kind == "image":
        from horde_worker.kinds.image.kind import ImageKind

        wishes = replace(settings.wishes, name=share.worker, models=aliases)
        return ImageKind(api, share.backend, share.maker, wishes, alchemist=alchemist, loras=loras)
    if share.kind == "text":
        from horde_worker.kinds.text.kind import TextKind

        models = tuple(dict.fromkeys((*aliases, *settings.text_aliases)))
        return TextKind(api, share.backend, share.maker, replace(settings.wishes, name=share.worker, models=models))
    if share.kind == "embedding":
        from horde_worker.kinds.embedding.kind import EmbeddingKind

        return EmbeddingKind(api, share.backend, share.maker, replace(settings.wishes, name=share.worker, models=()))
    from horde_worker.kinds.alchemy.kind import AlchemyKind

    return AlchemyKind(api, share.backend, share.maker, replace(settings.wishes, name=share.worker, models=()))


async def _run_all(workers: Sequence[AnyWorker]) -> ExitCode:
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
