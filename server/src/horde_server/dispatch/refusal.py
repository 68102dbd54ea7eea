"""The one predicate: may this worker serve this request?

`requirement(request)` and `offer(worker)` are small frozen values computed once; `refusal` compares them. Matching,
`skipped`, `is_possible` and "why does it wait" all ask here and nowhere else.
"""

from __future__ import annotations

from enum import IntFlag, StrEnum
from typing import NamedTuple
from uuid import UUID

from horde_server.dispatch.capabilities import BackendBit
from horde_server.models.catalogue import baseline, is_inpainting, steps_range

SPECIAL_MODEL = "horde_special"
"""What the names of models have in them that serve only those who name them."""


class Reason(StrEnum):
    """Why a worker is refused a request: the keys of `skipped` in a pop's answer."""

    MODELS = "models"
    WORKER_ID = "worker_id"
    MAX_PIXELS = "max_pixels"
    MAX_TILES = "max_tiles"
    MAX_CONTEXT_LENGTH = "max_context_length"
    MAX_LENGTH = "max_length"
    MATCHING_SOFTPROMPT = "matching_softprompt"
    TOOLS = "tools"
    VISION = "vision"
    GRAMMAR = "grammar"
    LOGPROBS = "logprobs"
    NSFW = "nsfw"
    UNTRUSTED = "untrusted"
    PERFORMANCE = "performance"
    IMG2IMG = "img2img"
    PAINTING = "painting"
    LORA = "lora"
    POST_PROCESSING = "post-processing"
    CONTROLNET = "controlnet"
    BRIDGE_VERSION = "bridge_version"
    STEP_COUNT = "step_count"
    BLACKLIST = "blacklist"
    KUDOS = "kudos"
    RECENT_FAULT = "recent_fault"  # it has just failed a job of this request, and another worker could serve it
    MAINTENANCE = "maintenance"  # the worker is told by its maintenance message


UNREPORTED = frozenset({Reason.MAINTENANCE})
"""What workers are not told in `skipped`."""


class Permission(IntFlag):
    """What an owner allows or forbids a worker, whatever its software can do."""

    IMG2IMG = 1
    PAINTING = 2
    LORA = 4
    POST_PROCESSING = 8
    CONTROLNET = 16
    TRANSPARENCY = 32  # with SDXL's ControlNets


_REASON_OF_PERMISSION = {
    Permission.IMG2IMG: Reason.IMG2IMG,
    Permission.PAINTING: Reason.PAINTING,
    Permission.LORA: Reason.LORA,
    Permission.POST_PROCESSING: Reason.POST_PROCESSING,
    Permission.CONTROLNET: Reason.CONTROLNET,
    Permission.TRANSPARENCY: Reason.CONTROLNET,
}
_REASON_OF_BACKEND: dict[int, Reason] = {
    int(BackendBit.TOOLS): Reason.TOOLS,
    int(BackendBit.VISION): Reason.VISION,
    int(BackendBit.GRAMMAR): Reason.GRAMMAR,
    int(BackendBit.LOGPROBS): Reason.LOGPROBS,
}


OF_SOFTWARE = frozenset({Reason.BRIDGE_VERSION, *_REASON_OF_BACKEND.values()})
"""Refusals for what a worker's software cannot do: bits of `needs` that it lacks."""


class Requirement(NamedTuple):
    """What a request asks of a worker. Requests with equal requirements are refused or served alike."""

    kind: str
    models: frozenset[str]  # empty: any
    pixels: int
    needs: int  # capability bits: capabilities.py
    permissions: int  # of `Permission`
    nsfw: bool
    wants_trusted: bool
    wants_fast: bool
    allows_extra_slow: bool
    steps: int  # accurate steps; 0 where no model in question is limited to fewer
    paints: bool  # into a source image: needs a model, or software, made for that
    has_second_pass: bool  # hires_fix
    has_qr_code: bool
    workers: frozenset[UUID]
    worker_blacklist: bool
    # of texts; lengths in tokens
    max_length: int = 0
    max_context_length: int = 0
    softprompt: str = ""
    # of forms
    tiles: int = 0  # of 512×512 pixels
    # of requests that nobody had the models of when they came
    preferred: frozenset[str] = frozenset()  # where any model will do: those asked for


class Offer(NamedTuple):
    """What a worker can and will do, as of its last pop."""

    kind: str
    worker_id: UUID
    owner_id: int
    models: frozenset[str]
    plain_models: frozenset[str]  # those of `models` that serve requests without any wish of their own
    max_pixels: int
    can: int  # capability bits
    permissions: int  # of `Permission`
    allows_sdxl_controlnet: bool
    runs_flux: bool
    has_cascade_second_pass: bool
    paints_with_any_model: bool
    nsfw: bool
    owner_trusted: bool
    speed: float  # raw things per second
    is_fast: bool  # fast enough for requests with `slow_workers: false`
    extra_slow: bool
    named_only: bool  # serves only requests that name it
    limits_steps: bool
    blacklist: tuple[str, ...]
    maintenance: bool
    paused: bool
    wants_upfront_kudos: bool
    favoured: frozenset[int]  # account ids served first and also in maintenance: the owner, then friends
    # of texts; lengths in tokens
    max_length: int = 0
    max_context_length: int = 0
    softprompts: frozenset[str] = frozenset()
    # of alchemists
    max_tiles: int = 0


def refusal(requirement: Requirement, offer: Offer) -> Reason | None:
    """The first reason why `offer` may not serve `requirement`, or None when it may. O(models of the request)."""
    reason = worker_refusal(requirement, offer)
    if reason is None and not usable_models(requirement, offer):
        return _why_no_model(requirement, offer)
    return reason


def worker_refusal(requirement: Requirement, offer: Offer) -> Reason | None:  # noqa: PLR0911, PLR0912 a rule each
    """The first reason that lies in the worker as a whole, not in each single one of its models."""
    if requirement.kind != offer.kind:
        return Reason.MODELS
    if offer.named_only and (requirement.worker_blacklist or offer.worker_id not in requirement.workers):
        return Reason.WORKER_ID
    if requirement.workers and (offer.worker_id in requirement.workers) == requirement.worker_blacklist:
        return Reason.WORKER_ID
    if requirement.models and requirement.models.isdisjoint(offer.models):
        return Reason.MODELS
    if requirement.pixels > offer.max_pixels:
        return Reason.MAX_PIXELS
    if requirement.tiles > offer.max_tiles:
        return Reason.MAX_TILES
    if requirement.nsfw and not offer.nsfw:
        return Reason.NSFW
    if requirement.wants_trusted and not offer.owner_trusted:
        return Reason.UNTRUSTED
    if requirement.wants_fast and not offer.is_fast:
        return Reason.PERFORMANCE
    if offer.extra_slow and not requirement.allows_extra_slow:
        return Reason.PERFORMANCE
    if forbidden := requirement.permissions & ~offer.permissions:
        return _REASON_OF_PERMISSION[Permission(forbidden & -forbidden)]
    if too_long := _too_long(requirement, offer):
        return too_long
    if lacking := requirement.needs & ~offer.can:
        return _REASON_OF_BACKEND.get(lacking & -lacking, Reason.BRIDGE_VERSION)
    if requirement.softprompt and requirement.softprompt not in offer.softprompts:
        return Reason.MATCHING_SOFTPROMPT
    return None


def _too_long(requirement: Requirement, offer: Offer) -> Reason | None:
    if requirement.max_context_length > offer.max_context_length:
        return Reason.MAX_CONTEXT_LENGTH
    return Reason.MAX_LENGTH if requirement.max_length > offer.max_length else None


def usable_models(requirement: Requirement, offer: Offer) -> frozenset[str]:
    """The models of the worker that may serve the request: those a job may name. O(models)."""
    if not (requirement.paints or requirement.has_second_pass or requirement.has_qr_code or offer.limits_steps):
        usable = _wanted(requirement, offer.plain_models)
    else:
        common = _wanted(requirement, offer.models)
        usable = frozenset(model for model in common if model_refusal(requirement, offer, model) is None)
    return usable & requirement.preferred or usable


def _wanted(requirement: Requirement, models: frozenset[str]) -> frozenset[str]:
    """Those that the request names; where it names none, all but special ones (workers.md §5.3)."""
    if requirement.models:
        return requirement.models & models
    return frozenset(model for model in models if SPECIAL_MODEL not in model)


def model_refusal(  # noqa: PLR0911 one return a rule
    requirement: Requirement, offer: Offer, model: str
) -> Reason | None:
    """Why the worker may not serve the request with this model of its own, by the model alone.

    workers.md §5.12.1: for the job's model, not for everything that the worker hosts.
    """
    if requirement.paints:
        if not is_inpainting(model) and not offer.paints_with_any_model:
            return Reason.MODELS
    elif is_inpainting(model):
        return Reason.MODELS
    base = baseline(model)
    if base == "flux_1" and not offer.runs_flux:
        return Reason.BRIDGE_VERSION
    if base == "stable_cascade" and requirement.has_second_pass and not offer.has_cascade_second_pass:
        return Reason.BRIDGE_VERSION
    if base == "stable_diffusion_xl" and requirement.has_qr_code and not offer.allows_sdxl_controlnet:
        return Reason.CONTROLNET
    if offer.limits_steps and requirement.steps > sum(steps_range(model)) / 2:
        return Reason.STEP_COUNT
    return None


_LAST_TO_FAIL = (Reason.STEP_COUNT, Reason.CONTROLNET, Reason.BRIDGE_VERSION)


def _why_no_model(requirement: Requirement, offer: Offer) -> Reason:
    """The reason that stands between the request and the model that came nearest."""
    found = model_obstacles(requirement, offer)
    return next((reason for reason in _LAST_TO_FAIL if reason in found), Reason.MODELS)


def model_obstacles(requirement: Requirement, offer: Offer) -> set[Reason | None]:
    """What stands between the request and each of the worker's models that it would take: to lift one is enough."""
    return {model_refusal(requirement, offer, model) for model in _wanted(requirement, offer.models)}


def has_word(prompt_lower: str, words: tuple[str, ...]) -> bool:
    """Whether a lower-cased prompt holds one of the words, also within others (workers.md §5.16)."""
    return any(word in prompt_lower for word in words)


def personal_refusal(
    offer: Offer,
    *,
    account_id: int,
    wants_acquaintance: bool,
    has_blacklisted_word: bool,
    balance_covers_price: bool,
) -> Reason | None:
    """What depends on the single request and not on its class: who asks, its words, its payer, its history.

    In maintenance or paused a worker serves its owner only (workers.md §5.15; an honest refusal instead of fake jobs,
    workers.md §5.20). A request that wants acquaintance is for workers that know who asks (§5.19). What depends on
    the other workers too – whether one failed it just now – the live queue adds.
    """
    if (offer.maintenance or offer.paused) and account_id != offer.owner_id:
        return Reason.MAINTENANCE
    if wants_acquaintance and account_id not in offer.favoured:
        return Reason.WORKER_ID
    if has_blacklisted_word:
        return Reason.BLACKLIST
    if offer.wants_upfront_kudos and not balance_covers_price and account_id not in offer.favoured:
        return Reason.KUDOS
    return None
