"""`/filters`: the filters of prompts, for moderators (moderation.md §1): parse, call, answer."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.audit.trail import actor_of
from horde_server.errors import HordeError
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.prompt_filters.answers import FilterDetails, FilterPromptSuspicion, FilterRegex
from horde_server.moderation.prompt_filters.directory import FilterNotFound, PromptFilters
from horde_server.moderation.prompt_filters.filter_set import USED_TYPES
from horde_server.moderation.prompt_filters.schemas import FilterChange, NewFilter, TestedPrompt
from horde_server.moderation.prompt_filters.scoring import suspicion
from horde_server.moderation.prompt_filters.store import ShownFilter

_INT32_MAX = 2**31 - 1
_encode = msgspec.json.Encoder().encode

AskedType = Annotated[int | None, Query(ge=0, le=_INT32_MAX)]


class NoFilterModSelected(HordeError):
    """Name at least one field to change: regex, filter_type, description or replacement."""

    rc = "NoFilterModSelected"


def routes(filters: PromptFilters, door: Door) -> APIRouter:
    """Listing, adding, testing, changing and removing filters. Nothing here is cached: answers are for moderators."""
    router = door.router("/api/v2/filters", tags=["v2"])

    @router.get(
        "",
        right=Right.MODERATE,
        operation_id="get_filters",
        response_model=list[FilterDetails],
        responses=refusals(401, 403),
    )
    async def find(
        filter_type: AskedType = None,
        contains: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Response:
        """The filters of a type, with a text in their regex or description; all, where neither is given."""
        wanted = contains.replace("\0", "") if contains else None  # PostgreSQL takes no NULs, and no filter has one
        found = await filters.find(filter_type=filter_type, contains=wanted)
        return json_response(_encode(list(map(_body, found))))

    @router.put(
        "",
        right=Right.MODERATE,
        operation_id="put_filters",
        response_model=FilterDetails,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(NewFilter),
    )
    async def add(caller: Caller, body: NewFilter) -> Response:
        """Add a filter; one that is there already with this type and regex is answered as it is."""
        added = await filters.add(
            filter_type=body.filter_type,
            regex=body.regex,
            description=body.description or None,
            replacement=body.replacement,
            actor=actor_of(caller),
        )
        return json_response(_encode(_body(added)))

    @router.post(
        "",
        right=Right.MODERATE,
        operation_id="post_filters",
        response_model=FilterPromptSuspicion,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(TestedPrompt),
    )
    async def test(body: TestedPrompt) -> Response:
        """Hold a prompt against the filters, as a request's would be."""
        found = await asyncio.to_thread(suspicion, filters.current, body.prompt, body.filter_type)
        answer = {
            "suspicion": str(found.score),
            "matches": found.matches,
            "filters": list(map(str, found.filter_ids)),
        }
        return json_response(_encode(answer))

    @router.get(
        "/regex",
        right=Right.MODERATE,
        operation_id="get_filter_regex",
        response_model=list[FilterRegex],
        responses=refusals(401, 403),
    )
    async def regexes(filter_type: AskedType = None) -> Response:
        """What is in force, by type: the regexes joined by `|`."""
        answer: list[dict[str, Any]] = []
        for number in USED_TYPES if filter_type is None else (filter_type,):
            used = [each.row.regex for each in filters.current.of(number)]
            answer.append({"filter_type": number, **({"regex": "|".join(used)} if used else {})})
        return json_response(_encode(answer))

    @router.get(
        "/{filter_id}",
        right=Right.MODERATE,
        operation_id="get_filter_single",
        response_model=FilterDetails,
        responses=refusals(401, 403, 404),
    )
    async def show(filter_id: Id) -> Response:
        """One filter."""
        return json_response(_encode(_body(await filters.show(_number(filter_id)))))

    @router.patch(
        "/{filter_id}",
        right=Right.MODERATE,
        operation_id="patch_filter_single",
        response_model=FilterDetails,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(FilterChange),
    )
    async def change(caller: Caller, body: FilterChange, filter_id: Id) -> Response:
        """Change a filter; whoever does is its user from now on."""
        number = _number(filter_id)
        columns = {name: getattr(body, name) for name in FilterChange.model_fields if name in body.model_fields_set}
        if not columns:
            raise NoFilterModSelected
        if columns.get("description") == "":
            columns["description"] = None
        return json_response(_encode(_body(await filters.change(number, columns, actor_of(caller)))))

    @router.delete(
        "/{filter_id}",
        right=Right.MODERATE,
        operation_id="delete_filter_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def remove(caller: Caller, filter_id: Id) -> Response:
        """Remove a filter; it counts no more at once."""
        await filters.remove(_number(filter_id), actor_of(caller))
        return json_response(b'{"message":"OK"}')

    return router.api


def _number(text: str) -> int:
    """The number of a filter; what cannot be one names none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _INT32_MAX):
        raise FilterNotFound
    return int(text)


def _body(shown: ShownFilter) -> dict[str, Any]:
    """As the API names it: without a description where it has none."""
    return {
        "id": str(shown.id),
        "regex": shown.regex,
        "filter_type": shown.filter_type,
        **({"description": shown.description} if shown.description else {}),
        "replacement": shown.replacement,
        "user": shown.user,
    }
