"""`horde worker status`: what the worker on this machine does, and what the horde knows of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import typer

from horde_sdk.harmless_text import one_line, printable_json
from horde_worker.commands.horde_questions import HordeQuestions, KnownWorker, NoAnswer
from horde_worker.commands.own_settings import Named, Own, names_of, own_settings, readable_settings
from horde_worker.page.address import WrongAddress, page_address
from horde_worker.view.shown import duration, rate

LIMIT_S = 5.0
ANSWER_LIMIT_BYTES = 1024 * 1024


def run(config: str | None, *, as_json: bool) -> None:
    """Say it."""
    with readable_settings():
        own = own_settings(config)
        names = names_of(own, None)
    here, there = asyncio.run(_both(own, names))
    if as_json:
        at_horde = {name: _fields(known) if isinstance(known, KnownWorker) else known for name, known in there.items()}
        typer.echo(printable_json(json.dumps({"here": here, "at_the_horde": at_horde}, indent=2, ensure_ascii=False)))
    else:
        _say_here(own, here)
        for name, known in there.items():
            _say_there(name, known)
    is_online = any(isinstance(known, KnownWorker) and known.is_online for known in there.values())
    if here is None and not is_online:
        raise typer.Exit(1)


async def _both(own: Own, names: list[Named]) -> tuple[dict[str, Any] | None, dict[str, KnownWorker | str | None]]:
    there: dict[str, KnownWorker | str | None] = {}
    async with HordeQuestions(own.horde, own.key) as questions:
        for name in names:
            try:
                known = await questions.worker(name.name)
            except NoAnswer as error:
                there[name.name] = str(error)
            else:
                if known is not None or name.is_certain:
                    there[name.name] = known
    return await state_here(own.wanted.dashboard), there


async def state_here(dashboard: str) -> dict[str, Any] | None:
    """What a worker on this machine says of itself; None where there is none, or it has no page."""
    try:
        page = page_address(dashboard)
    except WrongAddress:
        return None
    if page is None:
        return None
    timeout = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
            session.get(f"{page.url}/state.json", timeout=timeout, allow_redirects=False) as answer,
        ):
            found = json.loads(await answer.content.read(ANSWER_LIMIT_BYTES))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "headline" in found else None


def _say_here(own: Own, here: dict[str, Any] | None) -> None:
    if here is None:
        has_page = own.wanted.dashboard != "off"
        typer.echo("Here: no worker runs by these settings." if has_page else "Here: not known (`dashboard` is off).")
        return
    typer.echo(f"Here: {one_line(str(here['headline']))}, for {duration(float(here.get('running_s') or 0))}")
    per_hour = here.get("kudos_of_last_hour")
    typer.echo(
        f"  {here.get('total_results', 0)} results, {here.get('total_kudos', 0):g} kudos, an hour: "
        f"{rate(float(per_hour) if per_hour is not None else None)}, dropped in the last hour: "
        f"{here.get('drops_of_last_hour', 0)}"
    )
    for line in here.get("advice", [])[:5]:
        typer.echo(f"  {one_line(str(line))}")


def _say_there(name: str, known: KnownWorker | str | None) -> None:
    if known is None:
        typer.echo(f"{one_line(name)}: the horde has not seen it yet")
    elif isinstance(known, str):
        typer.echo(f"{one_line(name)}: {known}")
    else:
        state = "in maintenance" if known.is_in_maintenance else "paused" if known.is_paused else "online"
        if not known.is_online:
            state = "not seen lately" if state == "online" else f"not seen lately ({state})"
        typer.echo(f"{known.name}: {known.kind} worker, {state}; {known.results} done, {known.kudos:,.0f} kudos")


def _fields(known: KnownWorker) -> dict[str, Any]:
    return {name: getattr(known, name) for name in KnownWorker.__slots__}
