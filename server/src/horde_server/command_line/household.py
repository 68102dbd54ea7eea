"""A horde in one go: server, worker and a first picture."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from horde_server.accounts.creation import create_account
from horde_server.accounts.store import has_key
from horde_server.command_line.household_file import HouseholdFile, read_household, write_household
from horde_server.database.data_folder import prepare
from horde_server.database.pool import Connection, connect
from horde_server.identity.keys import key_hash
from horde_server.identity.secret_store import load_secret
from horde_server.process.serving import serve
from horde_server.settings import Settings
from horde_server.system.child_processes import apart, ask_to_end

WORKER_STOP_S = 60.0
READY_LIMIT_S = 60.0
FIRST_PROMPT = "a red circle on a blue background"
MODEL = "ember-demo"


@dataclass(frozen=True, slots=True)
class Household:
    """The accounts of a household: its administrator, and who owns its worker."""

    admin_id: int
    worker_key: str
    admin_key: str | None  # known at the first start only


async def household_accounts(settings: Settings, dsn: str) -> Household:
    """The accounts, made at the first start. The worker's key is kept in the data folder, the admin's nowhere.

    Raises `DataFolderUnusable`.
    """
    prepare(settings.data)
    async with await connect(dsn) as conn:
        known = read_household(settings.data)
        if known is not None and await _has_key(conn, known.worker_key):  # else the folder was given another database
            return Household(known.admin_id, known.worker_key, None)
        async with conn.transaction():
            admin = await create_account(conn, "admin", moderator=True, customizer=True, kudos=10_000)
            owner = await create_account(conn, "household-worker", trusted=True, customizer=True)
    write_household(settings.data, HouseholdFile(admin.id, owner.api_key, owner.id))
    return Household(admin.id, owner.api_key, admin.api_key)


async def _has_key(conn: Connection, api_key: str) -> bool:
    return await has_key(conn, key_hash(await load_secret(conn, "api_key_salt"), api_key))


def horde_command() -> str:
    """How to call this program here: its name where the shell finds it, else its path."""
    called = Path(sys.argv[0]).stem
    if called == "openhorde" and "UV" in os.environ:
        return "uvx openhorde"  # uv has put an environment of its own on our PATH, not on the shell's
    for name in ("horde", "openhorde"):
        if shutil.which(name):
            return name
    return os.path.relpath(Path(sys.executable).with_name("horde"))


def with_admin(settings: Settings, admin_id: int) -> Settings:
    """The settings with the household's administrator among the admins."""
    return settings.model_copy(update={"admins": [*settings.admins, f"admin#{admin_id}"]})


@asynccontextmanager
async def running_server(settings: Settings, dsn: str, listener: object) -> AsyncIterator[None]:
    """The server, ready, for as long as the caller needs it."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(settings, dsn, listener, stop))  # type: ignore[arg-type]
    try:
        await _until_ready(task, settings, listener)
        yield
    finally:
        stop.set()
        await task


async def _until_ready(server: asyncio.Task[None], settings: Settings, listener: object) -> None:
    host, port = listener.getsockname()[:2]  # type: ignore[attr-defined]
    async with asyncio.timeout(READY_LIMIT_S):
        while not server.done():
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
                status = await reader.readline()
                writer.close()
                if b" 200 " in status:
                    return
            await asyncio.sleep(0.05)
    await server  # raises what ended it


@asynccontextmanager
async def running_worker(
    url: str, key: str, name: str, aliases: list[str], text_aliases: list[str]
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The demo workers for pictures, texts (`NAME-text`) and alchemy (`NAME-alchemy`), in a process of their own.

    They are drained at the end.
    """
    command = [sys.executable, "-m", "horde_worker", "--config", "none", "--horde", url, "--name", name]
    command += ["--backend", "demo", "--backend", "demo-text", "--backend", "demo-alchemy"]
    for alias in aliases:
        command += ["--alias", alias]
    for alias in text_aliases:
        command += ["--text-alias", alias]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HORDE_", "AI_HORDE_"))}
    worker = subprocess.Popen(  # noqa: ASYNC220 a fork takes a millisecond, and the server is another process
        command,
        env={**environment, "HORDE_API_KEY": key},
        **apart(signal.SIGTERM),  # Ctrl-C reaches us, and we drain it
    )
    try:
        yield worker
    finally:
        ask_to_end(worker)
        try:
            await asyncio.to_thread(worker.wait, WORKER_STOP_S)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def first_picture(url: str, folder: Path, model: str) -> Path:
    """Ask for a picture as anybody would, through the SDK, and save it. Raises `AIHordeRequestError`."""
    from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient
    from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest, ImageGenerationInputPayload
    from horde_sdk.exceptions import HordeWarning

    logging.getLogger("horde_sdk").setLevel(logging.ERROR)  # it warns that there is no worker: ours is just starting
    client = AIHordeAPISimpleClient(base_url=f"{url}/api/", poll_interval=0.5)
    with warnings.catch_warnings():
        # Our worker is still starting: that nobody is there yet is no news.
        warnings.simplefilter("ignore", HordeWarning)
        status, _ = client.image_generate_request(
            ImageGenerateAsyncRequest(
                prompt=FIRST_PROMPT,
                models=[model],
                params=ImageGenerationInputPayload(width=512, height=512, steps=20, seed="42", cfg_scale=5.0),
            ),
            timeout=300,
        )
    data = client.download_bytes_from_generation(status.generations[0])
    folder.mkdir(parents=True, exist_ok=True)
    path = free_path(folder, "first-picture")
    path.write_bytes(data)
    return path


def free_path(folder: Path, stem: str) -> Path:
    """A name that overwrites nothing."""
    path, number = folder / f"{stem}.webp", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.webp"
    return path
