"""One run of a process of workers with all that is around it: the view, the page, the watch on the settings file."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import structlog

from horde_worker.configuration.reload import SettingsWatch
from horde_worker.configuration.schema import Configuration
from horde_worker.exit_codes import ExitCode
from horde_worker.logs import configure_logs
from horde_worker.page.address import PageAddress
from horde_worker.run import run_worker
from horde_worker.settings import WorkerSettings
from horde_worker.view.showing import chosen_view, run_under
from horde_worker.view.state import WorkerState
from horde_worker.view.watching import LogListener, StateHook

log = structlog.get_logger(__name__)

RANKING_LIMIT_S: Final = 10.0


def without_credentials(url: str) -> str:
    """An address as it may be shown: without a name and a password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Session:
    """Settings, and what is known of their work."""

    def __init__(self, settings: WorkerSettings, wanted: Configuration) -> None:
        self._wanted = wanted
        self.state = WorkerState(
            name=settings.wishes.name,
            horde=without_credentials(settings.horde_url),
            backends=tuple(one.name for one in settings.backends),
        )
        hook = StateHook(self.state, keeps_pictures=self._shows_pictures)
        self._settings = replace(settings, hooks=(hook, *settings.hooks))
        self.view = chosen_view(wanted.view)
        configure_logs(as_json=self.view == "json", listener=LogListener(self.state), is_silent=self.view == "tui")

    def changed(self, wanted: Configuration) -> None:
        """The settings file is another one now."""
        self._wanted = wanted

    async def run(self, page: PageAddress | None, watch: SettingsWatch | None) -> ExitCode:
        """Work until it ends. Raises `UnknownBackend`, and `NoSchedule` for a wrong one."""
        return await run_under(self.view, self.state, self._work(page, watch))

    async def _work(self, page: PageAddress | None, watch: SettingsWatch | None) -> ExitCode:
        async with AsyncExitStack() as stack:
            if page is not None:
                await self._serve_page(page, stack)
            if watch is not None:
                looking = asyncio.create_task(watch.run())
                stack.callback(looking.cancel)
            if self._settings.wishes.choice.needs_ranking:
                await self._rank(stack)
            return await run_worker(self._settings)

    async def _rank(self, stack: AsyncExitStack) -> None:
        """Have the ranking kept, and wait for the first a moment: without it such models are not offered."""
        from horde_worker.commands.model_ranking import keep_ranking

        ranking = asyncio.create_task(keep_ranking(self._settings))
        stack.callback(ranking.cancel)
        live = self._settings.wishes.live
        with suppress(TimeoutError):
            async with asyncio.timeout(RANKING_LIMIT_S):
                while live is not None and "choice" not in live.now:
                    await asyncio.sleep(0.05)

    async def _serve_page(self, address: PageAddress, stack: AsyncExitStack) -> None:
        """A page that cannot be there is no reason not to work."""
        from horde_worker.page.server import Page, served

        try:
            there = await stack.enter_async_context(served(Page(self.state, self._shows_pictures), address))
        except OSError as error:
            log.warning("worker.no_page", reason=f"{address.url}: {error.strerror or error}")
        else:
            log.info("worker.page", address=there.url)

    def _shows_pictures(self) -> bool:
        return self._wanted.dashboard != "off" and not self._wanted.private
