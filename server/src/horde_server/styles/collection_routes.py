"""`/collections`: parse, call, answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id, Name
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.styles.answers import ResponseModelCollection, StyleModify
from horde_server.styles.collections import CollectionBook
from horde_server.styles.schemas import CollectionBody
from horde_server.styles.service import MOST_PAGES
from horde_server.styles.style import Collection

_encode = msgspec.json.Encoder().encode


def routes(book: CollectionBook, door: Door) -> APIRouter:
    """Collections of styles."""
    router = door.router("/api/v2", tags=["v2"])

    @router.get(
        "/collections",
        right=Right.ANYBODY,
        operation_id="get_collection",
        response_model=list[ResponseModelCollection],
        responses=refusals(),
    )
    async def find(
        sort: Annotated[Literal["popular", "age"], Query()] = "popular",
        page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
        type: Annotated[Literal["all", "image", "text"], Query()] = "all",  # noqa: A002 - the API's own name
    ) -> Response:
        """Public collections, 25 a page: the most used, or the oldest first."""
        found = await book.page(kind=None if type == "all" else type, sort=sort, page=page)
        return json_response(_encode(list(map(_shown, found))))

    @router.post(
        "/collections",
        right=Right.MANAGE_OWN,
        operation_id="post_collection",
        response_model=StyleModify,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(CollectionBody),
    )
    async def add(caller: Caller, body: CollectionBody) -> Response:
        """Make a collection of styles by id or name, all of one kind."""
        return _made(await book.add(body, caller))

    @router.get(
        "/collections/{collection_id}",
        right=Right.ANYBODY_NAMED,
        operation_id="get_single_collection",
        response_model=ResponseModelCollection,
        responses=refusals(401, 404),
    )
    async def by_id(caller: Caller, collection_id: Id) -> Response:
        """One collection, public or not."""
        return json_response(_encode(_shown(await book.by_id(collection_id))))

    @router.patch(
        "/collections/{collection_id}",
        right=Right.MANAGE_OWN,
        operation_id="patch_single_collection",
        response_model=StyleModify,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(CollectionBody),
    )
    async def change(caller: Caller, body: CollectionBody, collection_id: Id) -> Response:
        """Change a collection of yours; what is left out stays as it is, `styles` replaces all."""
        return _made(await book.change(collection_id, body, caller))

    @router.delete(
        "/collections/{collection_id}",
        right=Right.MANAGE_OWN,
        operation_id="delete_single_collection",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def remove(caller: Caller, collection_id: Id) -> Response:
        """Delete a collection of yours, or as a moderator anybody's; its styles stay."""
        await book.remove(collection_id, caller)
        return json_response(b'{"message":"OK"}')

    @router.get(
        "/collection_by_name/{collection_name:path}",
        right=Right.ANYBODY_NAMED,
        operation_id="get_single_collection_by_name",
        response_model=ResponseModelCollection,
        responses=refusals(401, 404),
    )
    async def by_name(caller: Caller, collection_name: Name) -> Response:
        """The collection of this name: yours, else the oldest public one; with its owner's alias any."""
        return json_response(_encode(_shown(await book.by_name(collection_name, caller))))

    return router.api


def _shown(collection: Collection) -> dict[str, Any]:
    return {
        "id": collection.id,
        "name": collection.name,
        "type": collection.kind,
        "info": collection.info,
        "public": collection.public,
        "styles": collection.styles,
        "use_count": collection.use_count,
    }


def _made(collection_id: UUID) -> Response:
    return json_response(f'{{"id":"{collection_id}","message":"OK","warnings":[]}}'.encode())
