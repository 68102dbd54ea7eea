"""One run with all that is around it: page, view, settings that change meanwhile; against a played horde."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from played_horde import LIMIT_S, PlayedHorde

from horde_worker.commands.session import Session, without_credentials
from horde_worker.configuration.load import Loaded, load
from horde_worker.configuration.reload import SettingsWatch
from horde_worker.configuration.worker_settings import worker_settings
from horde_worker.exit_codes import ExitCode
from horde_worker.page.address import PageAddress
from horde_worker.settings import LiveWishes


class Run:
    """A session by a settings file."""

    def __init__(self, path: Path, horde: PlayedHorde, text: str) -> None:
        self.path = path
        self.text = f"horde: {horde.url}\napi_key: the-key\nname: tess-box\nview: plain\nbackends: [demo]\n{text}"
        path.write_text(self.text)
        path.chmod(0o600)
        self.loaded: Loaded = load(path, {}, {})
        self.live = LiveWishes()
        wanted = self.loaded.configuration
        settings = worker_settings(wanted, wanted.backends, {}, live=self.live)
        self.session = Session(settings, wanted)
        self.watch = SettingsWatch(self.loaded, {}, {}, self.live, on_change=self.session.changed)

    def start(self, page: PageAddress | None = None) -> asyncio.Task[ExitCode]:
        """Run it."""
        return asyncio.create_task(self.session.run(page, self.watch))


async def ended(running: asyncio.Task[ExitCode]) -> ExitCode:
    """Ctrl-C, and how it ends."""
    signal.raise_signal(signal.SIGINT)
    async with asyncio.timeout(LIMIT_S):
        return await running


async def test_a_change_of_the_file_reaches_the_next_pop(
    horde: PlayedHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a restart; what needs one stays as it was."""
    monkeypatch.setattr("horde_worker.configuration.reload.LOOK_EVERY_S", 0.05)
    run = Run(tmp_path / "worker.yaml", horde, "")
    running = run.start()
    await horde.until(lambda: horde.pops)
    run.path.write_text(
        f"{run.text}nsfw: false\nblacklist: [hush]\nallow_lora: false\nname: other\n".replace("name: tess-box\n", "")
    )
    os.utime(run.path, (1, 1))
    await horde.until(lambda: horde.pops[-1]["nsfw"] is False)
    assert (horde.pops[0]["nsfw"], horde.pops[0]["blacklist"]) == (True, [])
    assert (horde.pops[-1]["blacklist"], horde.pops[-1]["name"]) == (["hush"], "tess-box")
    assert await ended(running) is ExitCode.OK


async def test_the_page_follows_the_work_and_keeps_private_pictures_to_itself(
    horde: PlayedHorde, tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    """From the first result on; `private` may be said while it runs."""
    run = Run(tmp_path / "worker.yaml", horde, "dashboard: 127.0.0.1:7017\n")
    horde.pop_script = [horde.job("j1", model="ember-demo", payload={"ddim_steps": 2})]
    async with asyncio.timeout(LIMIT_S):
        port = await free_port()
        running = run.start(PageAddress("127.0.0.1", port))
        await horde.until(lambda: horde.submits)
        while not (found := await state_of(session, port)) or not found["total_results"]:
            await asyncio.sleep(0.05)
    assert (found["name"], found["total_kudos"], found["pictures"]) == ("tess-box", 1.5, [1])
    run.session.changed(run.loaded.configuration.model_copy(update={"private": True}))
    assert (await state_of(session, port))["pictures"] == []
    assert await ended(running) is ExitCode.OK


async def test_a_page_that_cannot_be_there_is_no_reason_not_to_work(horde: PlayedHorde, tmp_path: Path) -> None:
    """Another program has its port."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    run = Run(tmp_path / "worker.yaml", horde, "dashboard: 127.0.0.1:7017\n")
    running = run.start(PageAddress("127.0.0.1", port))
    await horde.until(lambda: horde.pops)
    assert await ended(running) is ExitCode.OK
    server.close()


def test_an_address_is_shown_without_credentials() -> None:
    """On pages, in lines."""
    assert without_credentials("https://me:hush@h.example:1/x") == "https://h.example:1/x"
    assert without_credentials("http://127.0.0.1:7001") == "http://127.0.0.1:7001"


async def state_of(session: aiohttp.ClientSession, port: int) -> dict[str, Any]:
    """What the page says; nothing while it is not there."""
    try:
        async with session.get(f"http://127.0.0.1:{port}/state.json") as answer:
            found: dict[str, Any] = await answer.json()
            return found
    except aiohttp.ClientError:
        return {}


async def free_port() -> int:
    """A port that nobody has."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port
