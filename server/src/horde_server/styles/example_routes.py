"""`/styles/image/{style_id}/example`: parse, call, answer."""

from __future__ import annotations

from fastapi import APIRouter, Response

from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.styles.answers import StyleModify
from horde_server.styles.examples import StyleExamples
from horde_server.styles.kind import StyleKind
from horde_server.styles.schemas import ExampleBody


def routes(examples: StyleExamples, kind: StyleKind, door: Door) -> APIRouter:
    """Examples of the styles of a kind that makes pictures."""
    router = door.router(f"/api/v2/styles/{kind.name}", tags=["v2"])

    @router.post(
        "/{style_id}/example",
        right=Right.MANAGE_OWN,
        operation_id=f"post_{kind.name}_style_example",
        response_model=StyleModify,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(ExampleBody),
    )
    async def add(caller: Caller, body: ExampleBody, style_id: Id) -> Response:
        """Add an example by its address; the first one stands for the style."""
        return _answer(await examples.add(style_id, body, caller))

    @router.patch(
        "/{style_id}/example/{example_id}",
        right=Right.MANAGE_OWN,
        operation_id=f"patch_single_{kind.name}_style_example",
        response_model=StyleModify,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(ExampleBody),
    )
    async def change(caller: Caller, body: ExampleBody, style_id: Id, example_id: Id) -> Response:
        """Change an example; what is left out stays as it is."""
        return _answer(await examples.change(style_id, example_id, body, caller))

    @router.delete(
        "/{style_id}/example/{example_id}",
        right=Right.MANAGE_OWN,
        operation_id=f"delete_single_{kind.name}_style_example",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def remove(caller: Caller, style_id: Id, example_id: Id) -> Response:
        """Delete an example; where it stood for the style, the oldest one left does."""
        await examples.remove(style_id, example_id, caller)
        return json_response(b'{"message":"OK"}')

    return router.api


def _answer(example_id: object) -> Response:
    return json_response(f'{{"id":"{example_id}","message":"OK","warnings":[]}}'.encode())
