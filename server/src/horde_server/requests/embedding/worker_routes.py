"""`POST /generate/embedding/pop` and `/generate/embedding/submit`: parse, call, answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.submission import Submissions
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.repeated_bodies import RepeatedBodies, RepeatedBody
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import told
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.door import Door
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.pop_answer import empty_answer, job_answer
from horde_server.requests.embedding.worker_answers import EmbeddingJob
from horde_server.requests.embedding.worker_schemas import EmbeddingPop, EmbeddingSubmit
from horde_server.requests.face import answered, patience_of_pop
from horde_server.requests.popping import jobs_for
from horde_server.requests.waiting import Waiting
from horde_server.workers.check_in import CheckIn, cleaned_agent
from horde_server.workers.messages.mirror import MessageMirror
from horde_server.workers.pop_rules import friend_ids, models_of_any_name, tell_maintenance

MODELS_KEPT = 200


def routes(
    dispatcher: Dispatcher[EmbeddingOrder],
    check_in: CheckIn,
    messages: MessageMirror,
    submissions: Submissions[EmbeddingOrder],
    waiting: Waiting,
    door: Door,
) -> APIRouter:
    """The worker's side of embeddings."""
    router = door.router("/api/v2/generate/embedding", tags=["v2"])
    pops: RepeatedBodies[EmbeddingPop, Abilities] = RepeatedBodies(EmbeddingPop)

    @router.post(
        "/pop",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        reads=pops.read,
        operation_id="post_embedding_job_pop",
        response_model=EmbeddingJob,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(EmbeddingPop, apikey="Of the worker's owner"),
    )
    async def pop(request: Request, caller: Caller, body: RepeatedBody[EmbeddingPop, Abilities]) -> Response:
        """Check in as a worker that embeds texts and ask for a job."""
        wanted = body.content
        friends = friend_ids(wanted.priority_usernames)
        account = caller.user

        def offered() -> Abilities:
            return body.derived(account, lambda: _abilities(wanted, account, friends))

        worker = await check_in(
            account, wanted.name, wanted.bridge_agent, offered, caller.address, kind=dispatcher.kind
        )
        patience = patience_of_pop(request)
        hand_out = await jobs_for(worker, dispatcher, 1, waiting, patience, wanted.loaded)
        said = messages.told(worker.id, dispatcher.kind.name)
        if hand_out is not None:
            return answered(told(job_answer(hand_out, said), wanted), patience)
        tell_maintenance(worker)
        skipped = dispatcher.queue.skipped(dispatcher.queue.view(worker.offer))
        return answered(told(empty_answer(skipped, said), wanted), patience)

    @router.post(
        "/submit",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        operation_id="post_embedding_job_submit",
        response_model=GenerationSubmitted,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(EmbeddingSubmit, apikey="Of the worker's owner"),
    )
    async def submit(caller: Caller, body: EmbeddingSubmit) -> Response:
        """Deliver vectors, or report that it failed."""
        credited = await submissions.submit(body, caller)
        return json_response(credited.to_json())

    return router.api


def _abilities(body: EmbeddingPop, account: Account, friends: tuple[int, ...]) -> Abilities:
    """What the worker may offer."""
    return Abilities(
        models=models_of_any_name(body.models[:MODELS_KEPT], account),
        bridge_agent=cleaned_agent(body.bridge_agent),
        threads=body.threads,
        nsfw=body.nsfw,
        capabilities=tuple(body.capabilities) if body.capabilities is not None else None,
        extra_slow_worker=body.extra_slow_worker,
        named_only=body.named_only,
        require_upfront_kudos=body.require_upfront_kudos,
        friends=friends,
        max_context_length=body.max_context_length,
    )
