"""`POST /generate/pop` and `/generate/submit`: parse, call, answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.dispatch.abilities import MODELS_KEPT, Abilities, kept_blacklist
from horde_server.dispatch.capabilities import BIT
from horde_server.dispatch.dispatcher import Dispatcher, HandOut
from horde_server.dispatch.refusal import Offer
from horde_server.dispatch.submission import Submissions
from horde_server.errors import BadRequest
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.public_address import PublicAddress
from horde_server.http.repeated_bodies import RepeatedBodies, RepeatedBody
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import told
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.door import Door
from horde_server.models import current
from horde_server.models.catalogue import is_known
from horde_server.requests.answers import GenerationSubmitted
from horde_server.requests.face import answered, patience_of_pop
from horde_server.requests.image.missed_uploads import MissedUploads
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.pop_answer import empty_answer, job_answer
from horde_server.requests.image.worker_answers import GenerationPayloadStable
from horde_server.requests.image.worker_schemas import ImagePop, ImageSubmit
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.pictures.source_links import HandedSources, SourceLinks
from horde_server.requests.popping import jobs_for
from horde_server.requests.waiting import Waiting
from horde_server.streams.relay import Relay
from horde_server.workers.check_in import CheckIn, cleaned_agent
from horde_server.workers.messages.mirror import MessageMirror
from horde_server.workers.pop_rules import friend_ids, tell_maintenance


def routes(
    dispatcher: Dispatcher[ImageOrder],
    check_in: CheckIn,
    messages: MessageMirror,
    submissions: Submissions[ImageOrder],
    links: ResultLinks,
    missed_uploads: MissedUploads,
    source_links: SourceLinks,
    public_address: PublicAddress,
    waiting: Waiting,
    relay: Relay,
    door: Door,
) -> APIRouter:
    """The worker's side of image generation."""
    router = door.router("/api/v2/generate", tags=["v2"])
    pops: RepeatedBodies[ImagePop, Abilities] = RepeatedBodies(ImagePop)

    @router.post(
        "/pop",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        reads=pops.read,
        operation_id="post_image_job_pop",
        response_model=GenerationPayloadStable,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(ImagePop, apikey="Of the worker's owner"),
    )
    async def pop(request: Request, caller: Caller, body: RepeatedBody[ImagePop, Abilities]) -> Response:
        """Check in as an image worker and ask for jobs."""
        wanted = body.content
        friends = friend_ids(wanted.priority_usernames)
        account = caller.user

        def offered() -> Abilities:
            return body.derived((account, current.get()), lambda: _abilities(wanted, account, friends))

        worker = await check_in(
            account, wanted.name, wanted.bridge_agent, offered, caller.address, kind=dispatcher.kind
        )
        patience = patience_of_pop(request)
        hand_out = await jobs_for(worker, dispatcher, wanted.amount, waiting, patience, wanted.loaded)
        if hand_out is not None:
            uploads = None
            if hand_out.order.r2 or worker.id not in missed_uploads:
                base_url = public_address(request)
                uploads = [await links.upload(job_id, hand_out.ttl_s, base_url) for job_id in hand_out.job_ids]
            sources = await handed_sources(hand_out, worker.offer, request)
            said = messages.told(worker.id, dispatcher.kind.name)
            may_show = (hand_out.order.nsfw and not hand_out.order.censor_nsfw) or wanted.previews_checked
            stream = relay.handed_out(
                hand_out,
                worker.id,
                streams=wanted.streams,
                may_preview=wanted.previews and may_show,
                is_batch=True,
            )
            return answered(told(job_answer(hand_out, uploads, sources, said, stream), wanted), patience)
        tell_maintenance(worker)
        skipped = dispatcher.queue.skipped(dispatcher.queue.view(worker.offer))
        return answered(told(empty_answer(skipped, messages.told(worker.id, dispatcher.kind.name)), wanted), patience)

    @router.post(
        "/submit",
        right=Right.WORK,
        unknown_key=ASKED_LATER,
        hot=True,
        operation_id="post_image_job_submit",
        response_model=GenerationSubmitted,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(ImageSubmit, apikey="Of the worker's owner"),
    )
    async def submit(caller: Caller, body: ImageSubmit) -> Response:
        """Deliver a job, or report that it failed."""
        credited = await submissions.submit(body, caller)
        return json_response(credited.to_json())

    async def handed_sources(hand_out: HandOut[ImageOrder], offer: Offer, request: Request) -> HandedSources:
        sources = hand_out.order.sources
        if sources is None:
            return HandedSources()
        return await source_links.hand_out(
            sources,
            ttl_s=hand_out.ttl_s,
            base_url=public_address(request),
            takes_links=bool(offer.can & BIT["r2_source"]),
            takes_extra=bool(offer.can & BIT["extra_source_images"]),
        )

    return router.api


def _may_offer(model: str, account: Account) -> bool:
    """Known models may be offered by all, any model by customizers, and special ones by the account they name."""
    if account.special and "::" in model:
        if model.partition("::")[2] != account.alias:
            raise BadRequest(f"The special model {model!r} belongs to another account.")
        return True
    return account.customizer or is_known(model)


def _abilities(body: ImagePop, account: Account, friends: tuple[int, ...]) -> Abilities:
    """What the worker may offer (workers.md §4.5)."""
    models = tuple(model for model in dict.fromkeys(body.models[:MODELS_KEPT]) if _may_offer(model, account))
    if not models:
        raise BadRequest(
            "Unfortunately we cannot accept workers serving unrecognised models at this time: "
            "offer a known model, or ask a moderator for the customizer role."
        )
    return Abilities(
        models=models,
        bridge_agent=cleaned_agent(body.bridge_agent),
        threads=body.threads,
        max_pixels=body.max_pixels,
        nsfw=body.nsfw,
        blacklist=kept_blacklist(body.blacklist),
        capabilities=tuple(body.capabilities) if body.capabilities is not None else None,
        allow_img2img=body.allow_img2img,
        allow_painting=body.allow_painting,
        allow_unsafe_ipaddr=body.allow_unsafe_ipaddr,
        allow_post_processing=body.allow_post_processing,
        allow_controlnet=body.allow_controlnet,
        allow_sdxl_controlnet=body.allow_sdxl_controlnet,
        allow_lora=body.allow_lora,
        limit_max_steps=body.limit_max_steps,
        extra_slow_worker=body.extra_slow_worker,
        named_only=body.named_only,
        require_upfront_kudos=body.require_upfront_kudos,
        friends=friends,
        streams=body.streams,
    )
