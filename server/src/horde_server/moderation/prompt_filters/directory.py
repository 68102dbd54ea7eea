"""The filters in force: kept in the database, compiled in memory by every node, and swapped as a whole.

A change is told by notice and counts on every node within a moment; a lost notice heals when the node reconciles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from horde_server.audit.trail import Actor, changed, record, subject
from horde_server.database.pool import Pool
from horde_server.errors import BadRequest, HordeError
from horde_server.moderation.prompt_filters import store
from horde_server.moderation.prompt_filters.filter_set import FilterSet, compile_filters
from horde_server.moderation.prompt_filters.patterns import UnusablePattern, check_replacement, compile_pattern
from horde_server.moderation.prompt_filters.store import ShownFilter

MOST_FILTERS = 10_000


class FilterNotFound(HordeError):
    """There is no such filter."""

    status, rc = 404, "FilterNotFound"


class PromptFilters:
    """`current` is what prompts are held against; the rest is for moderators."""

    def __init__(self, pool: Pool, publish: Callable[[str, Iterable[str]], None]) -> None:
        self._pool = pool
        self._publish = publish
        self._reading = asyncio.Lock()  # what was read earlier must not replace what was read later
        self.current = FilterSet()

    async def reload(self) -> None:
        """Take over what the database says; compiles, in a thread, only when something changed."""
        async with self._reading:
            async with self._pool.connection() as conn:
                rows = await store.all_rows(conn)
            if tuple(rows) != self.current.rows:
                self.current = await asyncio.to_thread(compile_filters, rows, self.current)

    async def find(self, *, filter_type: int | None, contains: str | None) -> list[ShownFilter]:
        """Filters of a type, with a text in their regex or description."""
        async with self._pool.connection() as conn:
            return await store.find(conn, filter_type=filter_type, contains=contains)

    async def show(self, filter_id: int) -> ShownFilter:
        """One filter."""
        async with self._pool.connection() as conn:
            return _existing(await store.show(conn, filter_id))

    async def add(
        self, *, filter_type: int, regex: str, description: str | None, replacement: str, actor: Actor
    ) -> ShownFilter:
        """A new filter, or the one that is there with this type and regex, unchanged. Raises `UnusablePattern`."""
        await asyncio.to_thread(_check, regex, replacement)
        if len(self.current.rows) >= MOST_FILTERS:
            raise BadRequest(f"There are {MOST_FILTERS} filters: remove some, or join some.")
        assert actor.account_id is not None  # a filter is somebody's
        async with self._pool.connection() as conn, conn.transaction():
            added = await store.add(
                conn,
                filter_type=filter_type,
                regex=regex,
                description=description,
                replacement=replacement,
                account_id=actor.account_id,
            )
            if added is None:
                return _existing(await store.same(conn, filter_type=filter_type, regex=regex))
            shown = _existing(await store.show(conn, added))
            await record(conn, actor, "filter.add", subject("filter", added), new=filter_values(shown))
        await self._changed()
        return shown

    async def change(self, filter_id: int, columns: dict[str, Any], actor: Actor) -> ShownFilter:
        """Change a filter; whoever did is its user from now on. Raises `FilterNotFound` or `UnusablePattern`."""
        async with self._pool.connection() as conn:
            after = _existing(await store.show(conn, filter_id))._replace(**columns)
            await asyncio.to_thread(_check, after.regex, after.replacement)
            async with conn.transaction():
                before = _existing(await store.lock(conn, filter_id))
                if not await store.change(conn, filter_id, {**columns, "account_id": actor.account_id}):
                    raise BadRequest("Another filter has this type and regex already.")
                shown = _existing(await store.show(conn, filter_id))
                old, new = changed(filter_values(before), filter_values(shown))
                await record(conn, actor, "filter.change", subject("filter", filter_id), old=old, new=new)
        await self._changed()
        return shown

    async def remove(self, filter_id: int, actor: Actor) -> None:
        """Remove a filter. Raises `FilterNotFound`."""
        async with self._pool.connection() as conn, conn.transaction():
            before = _existing(await store.lock(conn, filter_id))
            await store.remove(conn, filter_id)
            await record(conn, actor, "filter.delete", subject("filter", filter_id), old=filter_values(before))
        await self._changed()

    async def _changed(self) -> None:
        await self.reload()
        self._publish("prompt_filter", ["all"])


def filter_values(shown: ShownFilter) -> dict[str, Any]:
    """What the audit trail keeps of a filter, by the names of its columns."""
    return {name: value for name, value in shown._asdict().items() if name not in ("id", "user")}


def _existing(shown: ShownFilter | None) -> ShownFilter:
    if shown is None:
        raise FilterNotFound
    return shown


def _check(regex: str, replacement: str) -> None:
    pattern = compile_pattern(regex)
    if any(pattern.find(text) == "" for text in ("", "a word")):
        raise UnusablePattern("This regular expression matches every prompt, as it is content with nothing at all.")
    check_replacement(pattern, replacement)
