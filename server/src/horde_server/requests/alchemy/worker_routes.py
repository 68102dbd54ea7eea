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
from horde_server.http.public_address import PublicAddress
from horde_server.http.unknown_fields import told
from horde_server.identity.directory import AccountDirectory
from horde_server.requests.alchemy.answers import InterrogationPopPayload
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.pop_answer import empty_answer, form_body, forms_answer
from horde_server.requests.alchemy.submissions import FormSubmissions
from horde_server.requests.alchemy.vocabulary import is_image_form
from horde_server.requests.alchemy.worker_schemas import AlchemyPop, AlchemySubmit, read_submit
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.face import answered, patience_of
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.requests.popping import jobs_for
from horde_server.requests.waiting import NO_PATIENCE, Waiting
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
    public_address: PublicAddress,
    waiting: Waiting,
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
        patience = patience_of(request)
        forms: list[dict[str, Any]] = []
        while len(forms) < min(max(body.amount, 1), MOST_FORMS_A_POP) and not worker.paused:
            # only the first is waited for: whoever has some forms in hand wants to begin
            hand_out = await jobs_for(worker, dispatcher, 1, waiting, patience if not forms else NO_PATIENCE)
            if hand_out is None:
                break
            forms.append(await handed_form(hand_out, request))
        if forms:
            return answered(told(forms_answer(forms), body), patience)
        tell_maintenance(worker)
        skipped = {} if worker.paused else dispatcher.queue.skipped(dispatcher.queue.view(worker.offer))
        return answered(told(empty_answer(skipped), body), patience)

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
        body = read_submit(await request.body(), request.headers.get("content-encoding", ""))
        key = required_apikey(request.headers.get("apikey"))
        credited = await submissions.submit(body, await accounts.by_key(key))
        return json_response(credited.to_json())

    async def handed_form(hand_out: HandOut[FormOrder], request: Request) -> dict[str, Any]:
        """Alchemists get the picture from us, also where the requester gave an address: they need not call on it."""
        base_url = public_address(request)
        source = await source_links.link(hand_out.order.source_key, ttl_s=hand_out.ttl_s, base_url=base_url)
        upload = None
        if is_image_form(hand_out.order.form):
            upload = await links.upload(hand_out.job_ids[0], hand_out.ttl_s, base_url)
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
