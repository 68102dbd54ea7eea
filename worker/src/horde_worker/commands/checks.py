"""What `horde worker doctor` looks at, one function for each thing: what was found, and what to do about it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from horde_sdk.harmless_text import one_line
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import Backend, BackendSettings
from horde_worker.backends.registry import UnknownBackend, open_backend
from horde_worker.commands.backends_found import backends_of
from horde_worker.commands.horde_questions import HordeQuestions, NoAnswer, Owner
from horde_worker.commands.own_settings import Own
from horde_worker.configuration.load import WrongSettings
from horde_worker.configuration.worker_settings import worker_settings
from horde_worker.page.address import PageAddress, WrongAddress, page_address
from horde_worker.safety.choice import opened_checker
from horde_worker.settings import BRIDGE_AGENT
from horde_worker.spool.place import spool_folder, state_folder

Level: TypeAlias = Literal["good", "odd", "bad"]
CLOCK_LIMIT_S: Final = 60.0
LEAST_FREE_BYTES: Final = 1 * 2**30
_KINDS: Final = {"image": "image", "text": "text", "alchemy": "interrogation", "embedding": "embedding"}
"""What the horde calls kinds of work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `bad`: the worker cannot work like that."""

    level: Level
    about: str
    text: str


async def everything(own: Own) -> AsyncIterator[Finding]:
    """All checks, each finding as soon as it is there."""
    yield of_settings(own)
    async with HordeQuestions(own.horde, own.key or "0000000000") as questions:
        began = time.monotonic()
        try:
            await questions.ask("GET", "status/heartbeat")
        except NoAnswer as error:
            yield Finding("bad", "horde", f"{own.horde}: {error}")
        else:
            yield Finding("good", "horde", f"{own.horde} answers in {(time.monotonic() - began) * 1000:.0f} ms")
            yield of_clock(questions.clock_ahead_s)
            owner = None
            async for finding, found in of_key(questions, own.key):
                owner = found
                yield finding
            if owner is not None:
                async for finding in of_names(questions, own, owner):
                    yield finding
            yield of_bridge_agent(own)
        async for finding in of_backends(questions, own):
            yield finding
    base = Path(own.wanted.spool_folder).expanduser() if own.wanted.spool_folder else None
    yield of_spool(base, list(own.names.values()))
    yield of_disk(base or state_folder())
    yield await of_page(own)


def of_settings(own: Own) -> Finding:
    """The file, and keys in it that say nothing."""
    where = str(own.loaded.path) if own.loaded.path else "no settings file; flags and environment only"
    if own.loaded.notices:
        return Finding("odd", "settings", f"{where}: " + "; ".join(own.loaded.notices))
    return Finding("good", "settings", where)


def of_clock(ahead_s: float | None) -> Finding:
    """Signed addresses and leases go by the time of day."""
    if ahead_s is None:
        return Finding("good", "clock", "the horde does not tell its time")
    if abs(ahead_s) > CLOCK_LIMIT_S:
        word = "behind" if ahead_s > 0 else "ahead of"
        return Finding("odd", "clock", f"this machine is {abs(ahead_s):.0f} s {word} the horde: set its clock")
    return Finding("good", "clock", "within a minute of the horde's")


async def of_key(questions: HordeQuestions, key: str) -> AsyncIterator[tuple[Finding, Owner | None]]:
    """Whose it is."""
    if not key:
        yield Finding("bad", "key", "there is none: give `api_key`, or HORDE_API_KEY"), None
        return
    try:
        owner = await questions.owner()
    except NoAnswer as error:
        said = "no account of this horde has this key" if error.rc == "InvalidAPIKey" else str(error)
        yield Finding("bad", "key", said), None
        return
    if owner.username.lower() == "anonymous#0":
        yield Finding("bad", "key", "it is the anonymous one, which cannot own a worker"), None
        return
    trust = "trusted" if owner.is_trusted else "not trusted yet: half of what jobs earn is kept back until it is"
    yield Finding("good", "key", f"{owner.username}, {owner.kudos:,.0f} kudos, {trust}"), owner


async def of_names(questions: HordeQuestions, own: Own, owner: Owner) -> AsyncIterator[Finding]:
    """Whether each name is free or the owner's, and stands for the right kind of work."""
    if not own.names:
        yield Finding("bad", "name", "there is none: give `name`")
    for kind, name in own.names.items():
        try:
            known = await questions.worker(name)
        except NoAnswer as error:
            yield Finding("odd", "name", f"{name}: {error}")
            continue
        if known is None:
            yield Finding("good", "name", f"{name} is free")
        elif known.id not in owner.worker_ids and known.owner != owner.username:
            yield Finding("bad", "name", f"{name} belongs to somebody else: choose another")
        elif kind and known.kind and known.kind != _KINDS[kind]:
            yield Finding("bad", "name", f"{name} is a worker of kind {known.kind}: {kind} needs another name")
        elif known.is_in_maintenance:
            yield Finding("odd", "name", f"{name} is in maintenance: `horde worker resume` ends that")
        elif known.is_paused:
            yield Finding("odd", "name", f"{name} is paused by a moderator: ask him why")
        else:
            yield Finding("good", "name", f"{name} is yours; {known.results} done")


def of_bridge_agent(own: Own) -> Finding:
    """What hordes other than ours take the worker for."""
    agent = own.wanted.bridge_agent or BRIDGE_AGENT
    name = one_line(agent.split(":")[0])
    if own.wanted.bridge_agent:
        return Finding(
            "odd", "bridge agent", f"the worker says it is {name}: only jobs that it really can do will work"
        )
    return Finding(
        "good",
        "bridge agent",
        f"{name}: OpenHorde goes by what the worker can do; other hordes know programs by a list, and give those that "
        "are not on it only plain jobs",
    )


async def of_backends(questions: HordeQuestions, own: Own) -> AsyncIterator[Finding]:
    """Open each, which tries it out; what it makes, and whether the horde knows its models."""
    backends = await backends_of(own.wanted.backends)
    for entry in backends.entries:
        about = f"backend {entry.type}"
        try:
            backend = await open_backend(BackendSettings(entry.type, entry.options()))
        except (BackendFailure, UnknownBackend) as error:
            yield Finding("bad", about, str(error))
            continue
        try:
            async for finding in _of_makers(about, backend, questions):
                yield finding
            if backend.makers.image is not None:
                yield await _of_safety(own, backend.makers.image.abilities.knows_nsfw)
        finally:
            await backend.close()


async def _of_makers(about: str, backend: Backend, questions: HordeQuestions) -> AsyncIterator[Finding]:
    makers = backend.makers
    if makers.image is not None:
        can = makers.image.abilities
        yield Finding("good", about, f"pictures up to {can.max_pixels:,} pixels with {_shown(can.models)}")
        yield await _of_models(about, questions, "image", can.models)
    if makers.text is not None:
        text = makers.text.abilities
        yield Finding(
            "good",
            about,
            f"texts up to {text.max_length} of {text.max_context_length} tokens with {_shown(text.models)}",
        )
        yield await _of_models(about, questions, "text", text.models)
    if makers.alchemy is not None:
        yield Finding("good", about, f"alchemy: {_shown(makers.alchemy.abilities.forms)}")
    if makers.embedding is not None:
        yield Finding("good", about, f"vectors of texts by {_shown(makers.embedding.abilities.models)}")


async def _of_safety(own: Own, knows_nsfw: bool) -> Finding:
    """Who looks at the pictures before they go out."""
    try:
        settings = worker_settings(own.wanted, (), os.environ)
    except WrongSettings as error:
        return Finding("odd", "safety", f"not looked at yet: {error}")
    try:
        judge = await opened_checker(settings.wishes, knows_nsfw=knows_nsfw, horde_url=settings.horde_url)
    except BackendFailure as error:
        return Finding("bad", "safety", str(error))
    if not judge.can_judge:
        return Finding("odd", "safety", "nobody looks at the pictures: jobs that are to be censored go back")
    return Finding("good", "safety", f"pictures are judged by {judge.name}")


async def _of_models(about: str, questions: HordeQuestions, kind: str, models: tuple[str, ...]) -> Finding:
    """Hordes drop models from an offer that they do not know, and refuse one in which no model is left."""
    try:
        found = await questions.ask("GET", f"stats/{'img' if kind == 'image' else 'text'}/models?model_state=known")
    except NoAnswer as error:
        return Finding("odd", about, f"which models the horde knows could not be asked: {error}")
    by_span = found.values() if isinstance(found, dict) else ()
    known = {name for counts in by_span if isinstance(counts, dict) for name in counts}
    strange = [model for model in models if model not in known]
    if not strange:
        return Finding("good", about, "the horde knows all of its models")
    if kind == "text":
        return Finding("good", about, f"not in the horde's list, and so paid by the context alone: {_shown(strange)}")
    hint = "name them as the horde does by `models: {horde name: name here}`"
    return Finding("odd", about, f"the horde does not know {_shown(strange)}: {hint}")


def of_spool(base: Path | None, names: list[str]) -> Finding:
    """Whether results of an earlier run still wait for the horde."""
    folders = [spool_folder(name, base) for name in names]
    try:
        waiting = sum(1 for folder in folders if folder.is_dir() for one in folder.iterdir() if one.is_file())
    except OSError as error:
        return Finding("bad", "spool", f"{folders[0].parent} cannot be read: {error.strerror}")
    if waiting:
        return Finding("odd", "spool", f"{waiting} results of an earlier run wait: the next start delivers them")
    return Finding("good", "spool", f"nothing waits in {base or state_folder() / 'openhorde' / 'spool'}")


def of_disk(folder: Path) -> Finding:
    """Finished results wait there for the horde."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return Finding("odd", "disk", f"only {free / 2**20:.0f} MB are free in {folder}")
    return Finding("good", "disk", f"{free / 2**30:.0f} GB are free")


async def of_page(own: Own) -> Finding:
    """Whether the page can be there, or is."""
    from horde_worker.commands.status import state_here

    try:
        page = page_address(own.wanted.dashboard)
    except WrongAddress as error:
        raise WrongSettings(str(error)) from None
    if page is None:
        return Finding("good", "page", f"off; `dashboard: {PageAddress('127.0.0.1', 7017).url[7:]}` turns it on")
    if await state_here(own.wanted.dashboard) is not None:
        return Finding("good", "page", f"{page.url}: a worker runs")
    return Finding("good", "page", f"{page.url}, when the worker runs")


def _shown(names: object) -> str:
    listed = [one_line(str(name)) for name in names]  # type: ignore[attr-defined]
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
