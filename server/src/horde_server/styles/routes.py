"""`/styles/{kind}`: parse, call, answer; the same for each kind of style."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.http.answers import SimpleResponse, add_warnings, refusals
from horde_server.http.body import body_documentation, json_response, read_body
from horde_server.http.parameters import Id, Name
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.styles.answers import StyleModify
from horde_server.styles.kind import StyleKind
from horde_server.styles.schemas import NewStyle, StyleChange
from horde_server.styles.service import MOST_PAGES, Made, StyleBook
from horde_server.styles.shared_keys import NO_KEY
from horde_server.styles.style import Style

_encode = msgspec.json.Encoder().encode
_OK = b'{"message":"OK"}'

SortOrder = Annotated[Literal["popular", "age"], Query()]
Page = Annotated[int, Query(ge=1, le=MOST_PAGES)]
Tag = Annotated[str | None, Query(max_length=100)]
ModelName = Annotated[str | None, Query(max_length=255)]


def routes(book: StyleBook, kind: StyleKind, door: Door) -> APIRouter:
    """Styles of one kind."""
    router = door.router("/api/v2/styles", tags=["v2"])
    one = f"{kind.name}_style"

    @router.get(
        f"/{kind.name}",
        right=Right.ANYBODY,
        operation_id=f"get_{one}",
        response_model=list[kind.answer],  # type: ignore[name-defined]
        responses=refusals(),
    )
    async def find(sort: SortOrder = "popular", page: Page = 1, tag: Tag = None, model: ModelName = None) -> Response:
        """Public styles, 25 a page: the most used, or the oldest first. `tag` and `model` are exact."""
        found = await book.page(kind, sort=sort, page=page, tag=_askable(tag), model=_askable(model))
        return json_response(_encode([_shown(style, kind, None) for style in found]))

    @router.post(
        f"/{kind.name}",
        right=Right.MANAGE_OWN,
        reads=partial(read_body, model=kind.new_style),
        operation_id=f"post_{one}",
        response_model=StyleModify,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(kind.new_style),
    )
    async def add(caller: Caller, body: NewStyle) -> Response:
        """Make a style, as a trusted account or a customizer."""
        return _made(await book.add(kind, body, caller), kind)

    @router.get(
        f"/{kind.name}/{{style_id}}",
        right=Right.ANYBODY_NAMED,
        operation_id=f"get_single_{one}",
        response_model=kind.answer,
        responses=refusals(401, 404),
    )
    async def by_id(caller: Caller, style_id: Id) -> Response:
        """One style, public or not."""
        return json_response(_encode(_shown(await book.by_id(kind, style_id), kind, caller)))

    @router.patch(
        f"/{kind.name}/{{style_id}}",
        right=Right.MANAGE_OWN,
        reads=partial(read_body, model=kind.style_change),
        operation_id=f"patch_single_{one}",
        response_model=StyleModify,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(kind.style_change),
    )
    async def change(caller: Caller, body: StyleChange, style_id: Id) -> Response:
        """Change a style of yours; what is left out stays as it is."""
        return _made(await book.change(kind, style_id, body, caller), kind)

    @router.delete(
        f"/{kind.name}/{{style_id}}",
        right=Right.MANAGE_OWN,
        operation_id=f"delete_single_{one}",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def remove(caller: Caller, style_id: Id) -> Response:
        """Delete a style of yours, or as a moderator anybody's."""
        await book.remove(kind, style_id, caller)
        return json_response(_OK)

    @router.get(
        f"/{kind.name}_by_name/{{style_name:path}}",
        right=Right.ANYBODY_NAMED,
        operation_id=f"get_single_{one}_by_name",
        response_model=kind.answer,
        responses=refusals(401, 404),
    )
    async def by_name(caller: Caller, style_name: Name) -> Response:
        """The style of this name: yours, else the oldest public one; with its owner's alias any."""
        return json_response(_encode(_shown(await book.by_name(kind, style_name, caller), kind, caller)))

    return router.api


def _shown(style: Style, kind: StyleKind, caller: Caller | None) -> dict[str, Any]:
    """A style as the API shows it to who calls."""
    body: dict[str, Any] = {
        "id": style.id,
        "name": style.name,
        "info": style.info,
        "prompt": style.prompt,
        "params": style.params,
        "public": style.public,
        "nsfw": style.nsfw,
        "tags": style.tags,
        "models": style.models,
        "creator": style.creator,
        "use_count": style.use_count,
    }
    if kind.shows_pictures:
        body["examples"] = style.examples
    if style.shared_key is not None:
        is_own = caller is not None and caller.account is not None and caller.account.id == style.owner_id
        body["shared_key"] = _shown_key(style.shared_key, is_own=is_own)
    return body


def _shown_key(key: dict[str, Any], *, is_own: bool) -> dict[str, Any]:
    """A style's shared key. Its id is the key itself, and only its owner's to know."""
    told = {name: value for name, value in key.items() if name != "expires_at_s"}
    if not is_own:
        told["id"] = str(NO_KEY)
    if key["expires_at_s"] is not None:
        told["expiry"] = format_datetime(datetime.fromtimestamp(key["expires_at_s"], UTC))
    return told


def _made(what: Made, kind: StyleKind) -> Response:
    """What was made or changed; `warnings`, where the kind has any, also when they are none."""
    answer: dict[str, Any] = {"id": what.id, "message": "OK", **({"warnings": []} if kind.warns else {})}
    add_warnings(answer, what.warnings)
    return json_response(_encode(answer))


def _askable(text: str | None) -> str | None:
    """A word to look for. PostgreSQL takes no NULs, and nothing that is stored has one."""
    return text.replace("\0", "\ufffd") if text else None
