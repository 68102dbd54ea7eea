"""A whole process of workers from its settings: connections, backends, signals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Any, TypeAlias

import aiohttp
import structlog

from horde_sdk.reach import outside
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import Backend, BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.interface import Kind
from horde_worker.settings import OperatorWishes, WorkerSettings
from horde_worker.signals import on_stop_signals
from horde_worker.worker import Worker

log = structlog.get_logger(__name__)

AnyWorker: TypeAlias = Worker[Any, Any, Any]


class OneKindTwice(ValueError):
    """Two backends of one kind: their workers would have one name."""


async def run_worker(settings: WorkerSettings) -> ExitCode:
    """Work until a signal: the first drains, a second leaves at once. Raises `UnknownBackend` and `OneKindTwice`.

    The first worker that ends in another way than in order drains the others; its code is the answer.
    """
    stop = _Stop()
    async with AsyncExitStack() as opened:
        opened.enter_context(on_stop_signals(stop.ask))
        session = await opened.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        reach = outside(settings.private_networks)
        api = await opened.enter_async_context(
            aclosing(HordeApi(session, settings.horde_url, settings.api_key, reach=reach))
        )
        try:
            backends = [await _opened(one, opened, stop) for one in settings.backends]
        except _NotOpened as why:
            return why.code
        stop.workers = _workers(api, backends, settings)
        if not stop.workers:
            log.error("worker.backend_failed", backend=settings.backends[0].name, reason="it makes nothing")
            return ExitCode.BACKEND
        return await _run_all(stop.workers)


class _NotOpened(Exception):
    """A backend is not open, and the process ends with this code."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code.name)
        self.code = code


async def _opened(settings: BackendSettings, stack: AsyncExitStack, stop: _Stop) -> Backend:
    """An open backend, closed at the end of the stack. Raises `UnknownBackend` and `_NotOpened`."""
    stop.opening = asyncio.ensure_future(open_backend(settings))
    try:
        backend = await stop.opening
    except BackendFailure as error:
        log.error("worker.backend_failed", backend=settings.name, reason=str(error))
        raise _NotOpened(ExitCode.BACKEND) from error
    except asyncio.CancelledError:
        if not stop.is_asked:
            raise
        raise _NotOpened(ExitCode.OK) from None
    stack.push_async_callback(backend.close)
    if stop.is_asked:  # in the moment in which it was open
        raise _NotOpened(ExitCode.OK)
    return backend


class _Stop:
    """What a signal does: the first lets workers finish, the second does not; while backends open, each ends all."""

    def __init__(self) -> None:
        self.is_asked = False
        self.opening: asyncio.Future[Backend] | None = None
        self.workers: Sequence[AnyWorker] = ()

    def ask(self) -> None:
        """A signal came."""
        _say_what_now(sum(worker.jobs_in_hand for worker in self.workers), is_second=self.is_asked)
        if self.opening is not None:
            self.opening.cancel()
        for worker in self.workers:
            if self.is_asked:
                worker.leave()
            else:
                worker.drain()
        self.is_asked = True


def _workers(api: HordeApi, backends: Sequence[Backend], settings: WorkerSettings) -> list[AnyWorker]:
    """A worker for each kind that the backends make, as a horde ties a name to one; the first has the plain name."""
    workers: dict[str, AnyWorker] = {}
    for place, backend in enumerate(backends):
        wishes = replace(settings.wishes, models=settings.aliases if place == 0 else ())
        for kind_name, kind in _kinds(api, backend, wishes, settings, is_first=not workers):
            if settings.roles and kind_name not in settings.roles:
                continue
            if kind_name in workers:
                raise OneKindTwice("One backend of a kind: a worker's name stands for one kind of work.")
            workers[kind_name] = Worker(
                kind,
                queue_size=settings.queue_size,
                jobs_wanted=settings.jobs_wanted,
                exit_on_maintenance=settings.exit_on_maintenance,
                hooks=settings.hooks,
            )
    return list(workers.values())


def _kinds(
    api: HordeApi, backend: Backend, wishes: OperatorWishes, settings: WorkerSettings, *, is_first: bool
) -> Iterator[tuple[str, Kind[Any, Any, Any]]]:
    """The kinds of work that a backend makes. Those that nobody asked for are not even imported."""

    def of(kind: str, models: Sequence[str]) -> OperatorWishes:
        nonlocal is_first
        name = settings.names.get(kind) or (wishes.name if is_first else f"{wishes.name}-{kind}")
        is_first = False
        return replace(wishes, name=name, models=tuple(dict.fromkeys(models)))

    makers = backend.makers
    if makers.image is not None:
        from horde_worker.kinds.image.kind import ImageKind

        models = (*wishes.models, *makers.image.abilities.models)
        yield "image", ImageKind(api, backend.name, makers.image, of("image", models))
    if makers.text is not None:
        from horde_worker.kinds.text.kind import TextKind

        models = (*wishes.models, *settings.text_aliases, *makers.text.abilities.models)
        yield "text", TextKind(api, backend.name, makers.text, of("text", models))
    if makers.alchemy is not None:
        from horde_worker.kinds.alchemy.kind import AlchemyKind

        yield "alchemy", AlchemyKind(api, backend.name, makers.alchemy, of("alchemy", ()))


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


def _say_what_now(jobs_in_hand: int, *, is_second: bool) -> None:
    """What a signal has begun: otherwise nobody would know what the worker is waiting for."""
    jobs = "1 job" if jobs_in_hand == 1 else f"{jobs_in_hand} jobs"
    if is_second:
        log.warning("worker.leaving_at_once", message=f"giving {jobs} back")
    elif jobs_in_hand:
        log.info("worker.leaving", message=f"finishing {jobs}, press Ctrl-C again to leave at once")
    else:
        log.info("worker.leaving", message="there is nothing to finish")
