"""`POST /interrogate/pop` and `/interrogate/submit`: parse, call, answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.dispatcher import Dispatcher, HandOut
from horde_server.errors import BadRequest, InvalidWorkerKey
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body, required_apikey
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.unknown_fields import told
from horde_server.identity.directory import AccountDirectory
from horde_server.requests.alchemy.answers import InterrogationPopPayload
from horde_server.requests.alchemy.forms import is_image_form
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.pop_answer import empty_answer, form_body, forms_answer
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.alchemy.worker_schemas import AlchemyPop, AlchemySubmit, read_submit
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.workers.check_in import CheckIn, cleaned_line, cleaned_text
from horde_server.workers.pop_rules import InvalidPriorityUsername, friend_ids, tell_maintenance

MOST_FORMS_A_POP = 100


def routes(
    dispatcher: Dispatcher[FormOrder],
    accounts: AccountDirectory,
    check_in: CheckIn,
    submissions: FormSubmissions,
    links: ResultLinks,
    source_links: SourceLinks,
    hot: HotRoutes,
) -> APIRouter:
    """The alchemist's side of alchemy."""
    router = APIRouter(prefix="/api/v2/interrogate", tags=["v2"])

    @router.post(
        "/pop",
        operation_id="post_interrogate_pop",
        response_model=InterrogationPopPayload,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(AlchemyPop, apikey="Of the worker's owner"),
    )
    @hot.add("POST", "/api/v2/interrogate/pop")
    async def pop(request: Request) -> Response:
        """Check in as an alchemist and ask for forms."""
        body = await read_body(request, AlchemyPop)
        key = required_apikey(request.headers.get("apikey"))
        try:
            friends = friend_ids(body.priority_usernames)
        except InvalidPriorityUsername as refusal:
            raise BadRequest(refusal.message) from None  # by another code than for images and texts (alchemy.md §6.1)
        account = await accounts.by_key(key)
        if account is None:
            raise InvalidWorkerKey
        name, address = cleaned_text(body.name), request.state.client_address
        abilities = _abilities(body, friends)
        worker = await check_in(account, name, abilities, address, kind=dispatcher.kind)
        view = dispatcher.queue.view(worker.offer)
        forms: list[dict[str, Any]] = []
        while len(forms) < min(max(body.amount, 1), MOST_FORMS_A_POP) and not worker.paused:
            hand_out = await dispatcher.hand_out(
                view, 1, threads=body.threads, reward_percent=dispatcher.kind.reward_percent(abilities)
            )
            if hand_out is None:
                break
            forms.append(await handed_form(hand_out, request))
        if forms:
            return json_response(told(forms_answer(forms), body))
        tell_maintenance(worker)
        return json_response(told(empty_answer({} if worker.paused else dispatcher.queue.skipped(view)), body))

    @router.post(
        "/submit",
        operation_id="post_interrogate_submit",
        response_model=GenerationSubmitted,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(AlchemySubmit, apikey="Of the worker's owner"),
    )
    @hot.add("POST", "/api/v2/interrogate/submit")
    async def submit(request: Request) -> Response:
        """Deliver a form, or report that it failed."""
        body = await read_submit(request)
        key = required_apikey(request.headers.get("apikey"))
        credited = await submissions.submit(body, await accounts.by_key(key))
        return json_response(credited.to_json())

    async def handed_form(hand_out: HandOut[FormOrder], request: Request) -> dict[str, Any]:
        """Alchemists get the picture from us, also where the requester gave an address: they need not call on it."""
        source = await source_links.link(
            hand_out.order.source_key, ttl_s=hand_out.ttl_s, base_url=links.base_url(request)
        )
        upload = None
        if is_image_form(hand_out.order.form):
            upload = await links.upload(hand_out.job_ids[0], hand_out.ttl_s, request)
        return form_body(hand_out, source, upload)

    return router


def _abilities(body: AlchemyPop, friends: tuple[int, ...]) -> Abilities:
    """What the alchemist offers; forms stand where other kinds have models."""
    return Abilities(
        models=tuple(dict.fromkeys(body.forms)),
        bridge_agent=cleaned_line(body.bridge_agent)[:1000],
        threads=body.threads,
        nsfw=False,
        friends=friends,
        max_tiles=body.max_tiles,
    )
