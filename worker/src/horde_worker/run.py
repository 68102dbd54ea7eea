"""A whole worker from its settings: session, signals, logs."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from dataclasses import dataclass, field

import aiohttp
import structlog

from horde_worker.backends.registry import make_backend
from horde_worker.horde_api import HordeApi
from horde_worker.offer import BRIDGE_AGENT, OperatorWishes
from horde_worker.worker import ExitCode, ImageWorker


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the operator chose."""

    horde_url: str
    api_key: str = field(repr=False)
    name: str
    backend: str = "demo"
    aliases: tuple[str, ...] = ()
    max_pixels: int | None = None
    batch: int | None = None
    queue_size: int = 1
    nsfw: bool = True
    bridge_agent: str = BRIDGE_AGENT
    jobs_wanted: int | None = None
    exit_on_maintenance: bool = False


async def run_worker(settings: WorkerSettings) -> ExitCode:
    """Work until a signal: the first drains, a second leaves at once. Raises `UnknownBackend`."""
    backend = make_backend(settings.backend)
    wishes = OperatorWishes(
        name=settings.name,
        models=tuple(dict.fromkeys((*settings.aliases, *backend.abilities.models))),
        max_pixels=settings.max_pixels,
        batch=settings.batch,
        nsfw=settings.nsfw,
        bridge_agent=settings.bridge_agent,
    )
    async with aiohttp.ClientSession() as session:
        worker = ImageWorker(
            HordeApi(session, settings.horde_url, settings.api_key),
            backend,
            wishes,
            queue_size=settings.queue_size,
            jobs_wanted=settings.jobs_wanted,
            exit_on_maintenance=settings.exit_on_maintenance,
        )
        is_second = False

        def on_signal() -> None:
            nonlocal is_second
            if is_second:
                worker.leave()
            else:
                worker.drain()
            is_second = True

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
        try:
            return await worker.run()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def configure_logs(*, as_json: bool) -> None:
    """Events with fields on standard error; no prompts and no keys."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
