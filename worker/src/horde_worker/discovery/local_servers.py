"""Look at the usual ports of this machine, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import aiohttp

from horde_worker.discovery.asking import Asker
from horde_worker.discovery.found import Found
from horde_worker.discovery.programs import recognised

USUAL_PORTS: Final = (8188, 7860, 7861, 5001, 5000, 11434, 8080, 8081, 8000, 2242, 1234)
"""ComfyUI; AUTOMATIC1111 and Forge; KoboldCpp; TabbyAPI; Ollama; llama.cpp; vLLM; Aphrodite; LM Studio."""
CONNECT_LIMIT_S: Final = 0.5
PORT_LIMIT_S: Final = 8.0
"""A program that loads a model may answer late; one that never does holds nobody up for longer."""


async def local_servers(ports: Iterable[int] = USUAL_PORTS) -> list[Found]:
    """The programs that run here and can do work, those of pictures first. Only this machine is asked."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, connector=aiohttp.TCPConnector(limit=0)
    ) as session:
        found = await asyncio.gather(*(_at(session, port) for port in dict.fromkeys(ports)))
    there = [one for one in found if one is not None]
    return sorted(there, key=lambda one: one.kind != "image")


async def _at(session: aiohttp.ClientSession, port: int) -> Found | None:
    if not await _listens(port):
        return None
    with suppress(TimeoutError):
        async with asyncio.timeout(PORT_LIMIT_S):
            return await recognised(Asker(session, f"http://127.0.0.1:{port}"))
    return None


async def _listens(port: int) -> bool:
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
