"""The first run: what is here, what it could offer and earn; which horde, whose key, what name. Asked once."""

from __future__ import annotations

import asyncio
import platform
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from horde_worker.commands.backends_found import is_usable
from horde_worker.commands.horde_questions import HordeQuestions, KnownWorker, NoAnswer, Owner
from horde_worker.configuration.load import Loaded
from horde_worker.configuration.worker_settings import AUTO, DEFAULT_HORDE
from horde_worker.discovery.earnings import earnings
from horde_worker.discovery.found import Found
from horde_worker.discovery.hardware import Hardware
from horde_worker.discovery.suggestions import in_words
from horde_worker.page.address import DEFAULT as DEFAULT_PAGE

PUBLIC_HORDE: Final = "https://aihorde.net"
TRIES: Final = 5
DEMO_BACKENDS: Final = ("demo", "demo-text", "demo-alchemy")


class Terminal(Protocol):
    """Who is asked."""

    def say(self, line: str = "") -> None:
        """Write a line."""

    def ask(self, question: str, default: str = "") -> str:
        """A line of text; the default where nothing is typed."""

    def ask_secret(self, question: str) -> str:
        """A line that is not shown."""

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Yes or no."""


class Cancelled(Exception):
    """The owner gave up, or gave nothing that works."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the machine is looked at."""

    servers: Callable[[], Awaitable[list[Found]]]
    hardware: Callable[[], Hardware]


async def first_run(terminal: Terminal, look: Look, known: Loaded, known_key: str) -> dict[str, Any]:
    """The settings to be written. Raises `Cancelled`. What was given already is not asked again.

    `known_key` is the key itself, where the settings only say in which variable it stands.
    """
    terminal.say("Looking at what runs on this machine …")
    found = await look.servers()
    has_backends = bool(known.configuration.backends) and known.configuration.backends[0].type != AUTO
    chosen = [] if has_backends else await _backends(terminal, found, look.hardware)
    horde = await _horde(terminal, known.configuration.horde)
    key, owner = await _key(terminal, horde, known_key)
    await _say_earnings(terminal, horde, key, [one for one in found if is_usable(one)])
    kinds = _kinds(found, chosen)
    names = await _names(terminal, horde, key, owner, known.configuration.name, kinds)
    values: dict[str, Any] = {"horde": horde}
    if known.configuration.api_key is None or not known.configuration.api_key.startswith("env:"):
        values["api_key"] = key
    values["name"] = names[kinds[0]]
    values["names"] = names
    if chosen:
        values["backends"] = chosen
    values["dashboard"] = DEFAULT_PAGE
    return values


async def _backends(
    terminal: Terminal, found: Sequence[Found], hardware: Callable[[], Hardware]
) -> list[dict[str, str]]:
    for number, one in enumerate(found, 1):
        terminal.say(f"  {number}. {one.in_words()}")
    for one in found:
        if not is_usable(one) and not one.wants_key:
            terminal.say(f"  {one.program} has no model: it can be used as soon as it has one.")
    usable = [one for one in found if is_usable(one) or one.wants_key]
    if not usable:
        for line in in_words(await asyncio.to_thread(hardware)):
            terminal.say(line)
        terminal.say("When such a program runs, start `horde work` again.")
        if not terminal.confirm("Until then, offer the built-in demo models (simple pictures, short tales)?"):
            raise Cancelled("Nothing was written.")
        return [{"type": name} for name in DEMO_BACKENDS]
    chosen = [one for one in usable if one.kind == "image"][:1] + [one for one in usable if one.kind == "text"][:1]
    if len(usable) > 1:
        typed = terminal.ask(
            "Which of them are to work? Numbers", ",".join(str(found.index(one) + 1) for one in chosen)
        )
        numbers = [int(one) for one in re.findall(r"\d+", typed)]
        chosen = [one for number, one in enumerate(found, 1) if number in numbers and one in usable] or chosen
    entries = []
    for one in chosen:
        entry = {"type": one.backend, "url": one.url}
        if one.wants_key and (secret := terminal.ask_secret(f"The key of {one.program}")):
            entry["api_key"] = secret
        entries.append(entry)
    return entries


async def _horde(terminal: Terminal, given: str | None) -> str:
    local = given or (DEFAULT_HORDE if await _answers(DEFAULT_HORDE) is None else PUBLIC_HORDE)
    for _ in range(TRIES):
        horde = given or terminal.ask("Which horde", local).rstrip("/")
        if not re.match(r"https?://[^/\s]", horde):
            horde = f"https://{horde}"
        if (why := await _answers(horde)) is None:
            return horde
        terminal.say(f"{horde}: {why}")
        given = None
    raise Cancelled("There is no horde to serve; nothing was written.")


async def _answers(horde: str) -> str | None:
    """Why a horde does not answer; None where it does."""
    try:
        async with HordeQuestions(horde, "0000000000") as questions:
            await questions.ask("GET", "status/heartbeat")
    except NoAnswer as error:
        return str(error)
    return None


async def _key(terminal: Terminal, horde: str, given: str | None) -> tuple[str, Owner]:
    for _ in range(TRIES):
        key = (given or terminal.ask_secret(f"Your key there (no account yet: {horde}/register)")).strip()
        given = None
        if not key:
            continue
        try:
            async with HordeQuestions(horde, key) as questions:
                owner = await questions.owner()
        except NoAnswer as error:
            terminal.say("No account of this horde has this key." if error.rc == "InvalidAPIKey" else str(error))
            continue
        if owner.username.lower() == "anonymous#0":
            terminal.say("The anonymous key cannot own a worker: register, which takes a moment.")
            continue
        terminal.say(f"You are {owner.username}, with {owner.kudos:,.0f} kudos.")
        if not owner.is_trusted:
            terminal.say("Until the horde trusts your account, half of what jobs earn is kept back and paid later.")
        return key, owner
    raise Cancelled("Without a key there is no worker; nothing was written.")


async def _say_earnings(terminal: Terminal, horde: str, key: str, found: Sequence[Found]) -> None:
    for one in {one.kind: one for one in found}.values():
        earning = await earnings(horde, key, one)
        terminal.say(f"{one.program} would earn {earning.in_words()}.")
    if found:
        terminal.say("How many an hour: `horde worker benchmark` measures that. Being there earns a little besides.")


def _kinds(found: Sequence[Found], chosen: Sequence[dict[str, str]]) -> list[str]:
    """The kinds of work that the chosen do, the first first: it has the plain name."""
    by_url = {one.url: one.kind for one in found}
    demos = {"demo": "image", "demo-text": "text", "demo-alchemy": "alchemy"}
    kinds = [str(by_url.get(one.get("url", ""), demos.get(one["type"], ""))) for one in chosen]
    return list(dict.fromkeys(filter(None, kinds))) or ["image"]


async def _names(
    terminal: Terminal, horde: str, key: str, owner: Owner, given: str | None, kinds: Sequence[str]
) -> dict[str, str]:
    usual = f"{owner.username.partition('#')[0]}-{platform.node().partition('.')[0] or 'worker'}"[:80]
    for _ in range(TRIES):
        name = (given or terminal.ask("A name for this worker", usual)).strip()
        given = None
        names = {kind: name if place == 0 else f"{name}-{kind}" for place, kind in enumerate(kinds)}
        try:
            async with HordeQuestions(horde, key) as questions:
                known = {kind: await questions.worker(one) for kind, one in names.items()}
        except NoAnswer as error:
            terminal.say(str(error))
            continue
        taken = [one.name for kind, one in known.items() if one is not None and not _is_mine(one, owner, kind)]
        if not taken:
            return names
        terminal.say(f"The name {taken[0]!r} is taken, or stands for another kind of work.")
    raise Cancelled("A worker needs a name of its own; nothing was written.")


def _is_mine(known: KnownWorker, owner: Owner, kind: str) -> bool:
    kinds = {"image": "image", "text": "text", "interrogation": "alchemy", "alchemist": "alchemy"}
    return (known.id in owner.worker_ids or known.owner == owner.username) and kinds.get(known.kind, kind) == kind
