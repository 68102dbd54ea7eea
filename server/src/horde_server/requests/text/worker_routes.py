"""`POST /generate/text/pop` and `/generate/text/submit`: parse, call, answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.submission import Submissions
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.public_address import PublicAddress
from horde_server.http.repeated_bodies import RepeatedBodies, RepeatedBody
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import told
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.door import Door
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.face import answered, patience_of_pop
from horde_server.requests.pictures.source_links import SourceLinks
from horde_server.requests.popping import jobs_for
from horde_server.requests.text.handed_chat import HandedChats
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.pop_answer import NO_CONVERSATION, empty_answer, job_answer
from horde_server.requests.text.schemas import MAX_SOFTPROMPT_CHARACTERS
from horde_server.requests.text.worker_answers import GenerationPayloadKobold
from horde_server.requests.text.worker_schemas import MOST_COMMAS_OF_LOGPROBS, TextPop, TextSubmit
from horde_server.requests.waiting import Waiting
from horde_server.streams.relay import Relay
from horde_server.workers.check_in import CheckIn, cleaned_agent
from horde_server.workers.messages.mirror import MessageMirror
from horde_server.workers.pop_rules import friend_ids, models_of_any_name, tell_maintenance

MODELS_KEPT = 200
SOFTPROMPTS_KEPT = 200


def routes(
    dispatcher: Dispatcher[TextOrder],
    check_in: CheckIn,
    messages: MessageMirror,
    submissions: Submissions[TextOrder],
    source_links: SourceLinks,
    public_address: PublicAddress,
    waiting: Waiting,
    relay: Relay,
    door: Door,
) -> APIRouter:
    """The worker's side of text generation."""
    router = door.router("/api/v2/generate/text", tags=["v2"])
    pops: RepeatedBodies[TextPop, Abilities] = RepeatedBodies(TextPop)
    chats = HandedChats(source_links)

    @router.post(
        "/pop",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        reads=pops.read,
        operation_id="post_text_job_pop",
        response_model=GenerationPayloadKobold,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(TextPop, apikey="Of the worker's owner"),
    )
    async def pop(request: Request, caller: Caller, body: RepeatedBody[TextPop, Abilities]) -> Response:
        """Check in as a text worker and ask for jobs."""
        wanted = body.content
        friends = friend_ids(wanted.priority_usernames)
        account = caller.user

        def offered() -> Abilities:
            return body.derived(account, lambda: _abilities(wanted, account, friends))

        worker = await check_in(
            account, wanted.name, wanted.bridge_agent, offered, caller.address, kind=dispatcher.kind
        )
        patience = patience_of_pop(request)
        hand_out = await jobs_for(worker, dispatcher, wanted.amount, waiting, patience, wanted.loaded)
        if hand_out is not None:
            conversation = NO_CONVERSATION
            if worker.abilities.backend or worker.abilities.streams:
                conversation = await chats.of(hand_out, worker, public_address(request))
            stream = relay.handed_out(hand_out, worker.id, streams=wanted.streams)
            said = messages.told(worker.id, dispatcher.kind.name)
            return answered(told(job_answer(hand_out, said, conversation, stream), wanted), patience)
        tell_maintenance(worker)
        skipped = dispatcher.queue.skipped(dispatcher.queue.view(worker.offer))
        return answered(told(empty_answer(skipped, messages.told(worker.id, dispatcher.kind.name)), wanted), patience)

    @router.post(
        "/submit",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        reads=_read_submit,
        operation_id="post_text_job_submit",
        response_model=GenerationSubmitted,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(TextSubmit, apikey="Of the worker's owner"),
    )
    async def submit(caller: Caller, body: TextSubmit) -> Response:
        """Deliver a job, or report that it failed."""
        credited = await submissions.submit(body, caller)
        return json_response(credited.to_json())

    return router.api


async def _read_submit(request: Request) -> TextSubmit:
    return await read_body(request, TextSubmit, most_commas=MOST_COMMAS_OF_LOGPROBS)


def _abilities(body: TextPop, account: Account, friends: tuple[int, ...]) -> Abilities:
    """What the worker may offer."""
    models = models_of_any_name(body.models[:MODELS_KEPT], account)
    return Abilities(
        models=models,
        bridge_agent=cleaned_agent(body.bridge_agent),
        threads=body.threads,
        nsfw=body.nsfw,
        capabilities=tuple(body.capabilities) if body.capabilities is not None else None,
        extra_slow_worker=body.extra_slow_worker,
        named_only=body.named_only,
        require_upfront_kudos=body.require_upfront_kudos,
        friends=friends,
        streams=body.streams,
        max_length=body.max_length,
        max_context_length=body.max_context_length,
        softprompts=tuple(name[:MAX_SOFTPROMPT_CHARACTERS] for name in body.softprompts[:SOFTPROMPTS_KEPT]),
        backend=_backend(body),
        templates={model: name for model, name in body.templates.items() if model in models},
    )


def _backend(body: TextPop) -> tuple[str, ...]:
    """What it declares of its backend; whatever else a backend can do is done with messages (capabilities.md §1.2)."""
    found = tuple(name for name in ("tools", "vision", "grammar", "logprobs") if getattr(body, name))
    return (*found, "chat") if found or body.chat else ()
