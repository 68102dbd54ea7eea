"""Styles as their owners make and change them, and as everybody reads them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from horde_server.audit.trail import actor_of, record, subject
from horde_server.core import Core
from horde_server.database.pool import Connection
from horde_server.errors import BadRequest, InvalidPayload
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.styles import store
from horde_server.styles.choice import find_style
from horde_server.styles.content import check_content
from horde_server.styles.kind import StyleKind
from horde_server.styles.names import cleaned, parse_id
from horde_server.styles.refusals import (
    NotYours,
    StyleGetMistmatch,
    StyleNotFound,
    StylesAnonForbidden,
    StylesRequiresCustomizer,
    TooManyStyles,
)
from horde_server.styles.schemas import NewStyle, StyleChange, named
from horde_server.styles.shared_keys import reassign, usable_key
from horde_server.styles.style import Style, StyleContent

MOST_STYLES: Final = 500
"""Of one account."""
PAGE_STYLES: Final = 25
MOST_PAGES: Final = 400
MOST_FILTERED_PAGES: Final = 40
"""Of styles with a tag or for a model, which are not in one index with the order of the list."""


class Made(msgspec.Struct, frozen=True):
    """What was made or changed, and what may not come out as meant, as sentences by code."""

    id: UUID
    warnings: dict[str, str] = {}


class StyleBook:
    """The styles of this horde, of all kinds."""

    def __init__(self, core: Core, profanity: ProfanityFilter) -> None:
        self._core = core
        self._pool = core.pool
        self._profanity = profanity

    async def page(self, kind: StyleKind, *, sort: str, page: int, tag: str | None, model: str | None) -> list[Style]:
        """Public styles, 25 a page."""
        if page > MOST_FILTERED_PAGES and (tag is not None or model is not None):
            raise InvalidPayload({"page": f"must be at most {MOST_FILTERED_PAGES} where tag or model is given"})
        async with self._pool.connection() as conn:
            return await store.page(
                conn, kind.name, sort=sort, tag=tag, model=model, skip=(page - 1) * PAGE_STYLES, most=PAGE_STYLES
            )

    async def by_id(self, kind: StyleKind, style_id: str) -> Style:
        """The style of this kind with this id, public or not. Raises `StyleNotFound`, `StyleGetMistmatch`."""
        async with self._pool.connection() as conn:
            return await find_of_kind(conn, kind, style_id)

    async def by_name(self, kind: StyleKind, name: str, caller: Caller) -> Style:
        """The style that this name means to the caller. Raises `StyleNotFound`, `StyleGetMistmatch`."""
        async with self._pool.connection() as conn:
            found = await find_style(
                conn, name, kind=kind.name, asker_id=caller.account.id if caller.account is not None else None
            )
        return _of_kind(found, kind)

    async def add(self, kind: StyleKind, body: NewStyle, caller: Caller) -> Made:
        """Make a style of the caller's. A refused one leaves nothing behind."""
        account = _maker(caller)
        given = named(body)
        content = StyleContent(
            name=cleaned(body.name),
            info=cleaned(body.info) or None,
            prompt=given.get("prompt") or kind.default_prompt,
            params=kind.params(body),
            public=body.public,
            nsfw=body.nsfw,
            tags=list(dict.fromkeys(body.tags)),
            models=list(dict.fromkeys(body.models)),
        )
        warnings = self._check(kind, content, account)
        style_id = uuid4()
        async with self._pool.connection() as conn, conn.transaction():
            await store.lock_owner(conn, account.id)
            if await store.count_of(conn, account.id) >= MOST_STYLES:
                raise TooManyStyles(f"You have {MOST_STYLES} styles, as many as an account may have: delete some.")
            shared_key = await usable_key(conn, given["sharedkey"], account.id) if "sharedkey" in given else None
            if not await store.add(conn, style_id, kind.name, account.id, content, shared_key):
                raise BadRequest(
                    f"You have a style named {content.name!r} already: change that, or choose another name."
                )
            await reassign(conn, shared_key)
        if shared_key is not None:
            await self._keys_changed(account.id)
        return Made(style_id, warnings)

    async def change(self, kind: StyleKind, style_id: str, body: StyleChange, caller: Caller) -> Made:
        """Change what is named of one's own style; what it is then must be what could be made."""
        account = caller.user
        async with self._pool.connection() as conn, conn.transaction():
            style = await find_of_kind(conn, kind, style_id)
            if account.id != style.owner_id:
                raise NotYours("Only its owner may change a style.")
            await store.lock_owner(conn, account.id)
            style = await find_of_kind(conn, kind, style_id)  # as it is now that nobody else changes it
            columns = _columns(kind, body)
            if "sharedkey" in body.model_fields_set:
                columns["shared_key_id"] = await usable_key(conn, named(body)["sharedkey"], account.id)
            content = StyleContent(
                **{name: columns.get(name, getattr(style, name)) for name in StyleContent.__struct_fields__}
            )
            warnings = self._check(kind, content, account)
            if not columns:
                return Made(style.id, warnings)
            changed = await store.change(conn, style.id, columns)
            if changed is None:
                raise BadRequest(f"You have another style named {content.name!r}: choose another name.")
            if not changed:
                raise StyleNotFound
            if "shared_key_id" in columns:
                await reassign(conn, style.shared_key_id, columns["shared_key_id"])
        if "shared_key_id" in columns:
            await self._keys_changed(account.id)
        return Made(style.id, warnings)

    async def remove(self, kind: StyleKind, style_id: str, caller: Caller) -> None:
        """Delete one's own style, or as a moderator anybody's."""
        account = caller.user
        if account.kind == "anonymous":
            raise StylesAnonForbidden
        async with self._pool.connection() as conn, conn.transaction():
            style = await find_of_kind(conn, kind, style_id)
            check_owner(style.owner_id, caller)
            await store.lock_owner(conn, style.owner_id)
            if not await store.remove(conn, style.id):
                raise StyleNotFound
            await reassign(conn, style.shared_key_id)
            if account.id != style.owner_id:
                await record(
                    conn,
                    actor_of(caller),
                    "style.delete",
                    subject("style", style.id),
                    old={"name": style.name, "kind": style.kind, "models": style.models},
                    concerns=style.owner_id,
                )
        if style.shared_key_id is not None:
            await self._keys_changed(style.owner_id)

    async def _keys_changed(self, owner_id: int) -> None:
        """All nodes remember for a while what keys are good for."""
        await self._core.announce("account", [str(owner_id)])

    def _check(self, kind: StyleKind, content: StyleContent, account: Account) -> dict[str, str]:
        check_content(content, kind.holes, self._profanity)
        return kind.check(content, account)


async def find_of_kind(conn: Connection, kind: StyleKind, style_id: str) -> Style:
    """The style of this kind with this id. Raises `StyleNotFound`, `StyleGetMistmatch`."""
    known_id = parse_id(style_id)
    return _of_kind(await store.find(conn, known_id) if known_id is not None else None, kind)


def check_owner(owner_id: int, caller: Caller) -> None:
    """Raise `NotYours` for who neither owns it nor moderates."""
    if caller.user.id != owner_id and not caller.may(Right.MODERATE):
        raise NotYours("Only its owner or a moderator may do this.")


def _of_kind(found: Style | None, kind: StyleKind) -> Style:
    if found is None:
        raise StyleNotFound
    if found.kind != kind.name:
        raise StyleGetMistmatch(f"This is a style of kind {found.kind}: ask for it at /styles/{found.kind}.")
    return found


def _maker(caller: Caller) -> Account:
    account = caller.user
    if account.kind == "anonymous" or not (account.trusted or account.customizer or account.is_moderator):
        raise StylesRequiresCustomizer
    return account


def _columns(kind: StyleKind, body: StyleChange) -> dict[str, Any]:
    """What is named, as it is stored. An empty list of tags clears them."""
    columns = {name: value for name, value in named(body).items() if name in StyleContent.__struct_fields__}
    for name in ("name", "info"):
        if name in columns:
            columns[name] = cleaned(columns[name])
    for name in ("tags", "models"):
        if name in columns:
            columns[name] = list(dict.fromkeys(columns[name]))
    if "params" in columns:
        columns["params"] = kind.params(body)
    return columns
