"""`POST /interrogate/pop` and `/interrogate/submit`: parse, call, answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.dispatcher import Dispatcher, HandOut
from horde_server.errors import BadRequest
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.public_address import PublicAddress
from horde_server.http.repeated_bodies import RepeatedBodies, RepeatedBody
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import told
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.requests.alchemy.answers import InterrogationPopPayload
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.pop_answer import HandedForm, empty_answer, forms_answer, handed_form
from horde_server.requests.alchemy.submissions import FormSubmissions, FormSubmit
from horde_server.requests.alchemy.vocabulary import is_image_form
from horde_server.requests.alchemy.worker_schemas import AlchemyPop, AlchemySubmit, read_submit
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.face import answered, patience_of_pop
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.requests.popping import jobs_for
from horde_server.requests.waiting import NO_PATIENCE, Waiting
from horde_server.workers.check_in import CheckIn, cleaned_agent
from horde_server.workers.messages.mirror import MessageMirror
from horde_server.workers.pop_rules import InvalidPriorityUsername, friend_ids, tell_maintenance

MOST_FORMS_A_POP = 100


def routes(
    dispatcher: Dispatcher[FormOrder],
    check_in: CheckIn,
    messages: MessageMirror,
    submissions: FormSubmissions,
    links: ResultLinks,
    source_links: SourceLinks,
    public_address: PublicAddress,
    waiting: Waiting,
    door: Door,
) -> APIRouter:
    """The alchemist's side of alchemy."""
    router = door.router("/api/v2/interrogate", tags=["v2"])
    pops: RepeatedBodies[AlchemyPop, Abilities] = RepeatedBodies(AlchemyPop)

    @router.post(
        "/pop",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        reads=pops.read,
        operation_id="post_interrogate_pop",
        response_model=InterrogationPopPayload,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(AlchemyPop, apikey="Of the worker's owner"),
    )
    async def pop(request: Request, caller: Caller, body: RepeatedBody[AlchemyPop, Abilities]) -> Response:
        """Check in as an alchemist and ask for forms."""
        wanted = body.content
        try:
            friends = friend_ids(wanted.priority_usernames)
        except InvalidPriorityUsername as refusal:
            raise BadRequest(refusal.message) from None  # by another code than for images and texts (alchemy.md §6.1)
        account = caller.user

        def offered() -> Abilities:
            return body.derived(account.id, lambda: _abilities(wanted, friends))

        worker = await check_in(
            account, wanted.name, wanted.bridge_agent, offered, caller.address, kind=dispatcher.kind
        )
        patience = patience_of_pop(request)
        forms: list[HandedForm] = []
        while len(forms) < min(max(wanted.amount, 1), MOST_FORMS_A_POP) and not worker.paused:
            # only the first is waited for: whoever has some forms in hand wants to begin
            hand_out = await jobs_for(worker, dispatcher, 1, waiting, patience if not forms else NO_PATIENCE)
            if hand_out is None:
                break
            forms.append(await signed(hand_out, request))
        if forms:
            return answered(told(forms_answer(forms, messages.told(worker.id, dispatcher.kind.name)), wanted), patience)
        tell_maintenance(worker)
        skipped = {} if worker.paused else dispatcher.queue.skipped(dispatcher.queue.view(worker.offer))
        return answered(told(empty_answer(skipped, messages.told(worker.id, dispatcher.kind.name)), wanted), patience)

    @router.post(
        "/submit",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        reads=_read_submit,
        operation_id="post_interrogate_submit",
        response_model=GenerationSubmitted,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(AlchemySubmit, apikey="Of the worker's owner"),
    )
    async def submit(caller: Caller, body: FormSubmit) -> Response:
        """Deliver a form, or report that it failed."""
        credited = await submissions.submit(body, caller)
        return json_response(credited.to_json())

    async def signed(hand_out: HandOut[FormOrder], request: Request) -> HandedForm:
        """Alchemists get the picture from us, also where the requester gave an address: they need not call on it."""
        base_url = public_address(request)
        source = await source_links.link(hand_out.order.source_key, ttl_s=hand_out.ttl_s, base_url=base_url)
        upload = None
        if is_image_form(hand_out.order.form):
            upload = await links.upload(hand_out.job_ids[0], hand_out.ttl_s, base_url)
        return handed_form(hand_out, source, upload)

    return router.api


async def _read_submit(request: Request) -> FormSubmit:
    return read_submit(await request.body(), request.headers.get("content-encoding", ""))


def _abilities(body: AlchemyPop, friends: tuple[int, ...]) -> Abilities:
    """What the alchemist offers; forms stand where other kinds have models."""
    return Abilities(
        models=tuple(dict.fromkeys(body.forms)),
        bridge_agent=cleaned_agent(body.bridge_agent),
        threads=body.threads,
        nsfw=False,
        friends=friends,
        max_tiles=body.max_tiles,
    )
