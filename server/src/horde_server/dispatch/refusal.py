"""The one predicate: may this worker serve this request?

`requirement(request)` and `offer(worker)` are small frozen values computed once; `refusal` compares them. Matching,
`skipped`, `is_possible` and "why does it wait" all ask here and nowhere else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


class Reason(StrEnum):
    """Why a worker is refused a request: the keys of `skipped` in a pop's answer."""

    MODELS = "models"
    WORKER_ID = "worker_id"
    MAX_PIXELS = "max_pixels"
    NSFW = "nsfw"
    UNTRUSTED = "untrusted"
    PERFORMANCE = "performance"
    BRIDGE_VERSION = "bridge_version"
    STEP_COUNT = "step_count"
    BLACKLIST = "blacklist"
    KUDOS = "kudos"
    MAINTENANCE = "maintenance"  # never counted in `skipped`: the worker is told by its maintenance message
    RECENT_FAULT = "recent_fault"  # nor this: the worker has just failed a job of this request


class Requirement(NamedTuple):
    """What a request asks of a worker. Requests with equal requirements are refused or served alike."""

    kind: str
    models: frozenset[str]  # empty: any
    pixels: int
    needs: int  # capability bits: workers/capabilities.py
    nsfw: bool
    wants_trusted: bool
    wants_fast: bool
    allows_extra_slow: bool
    heavy_for: frozenset[str]  # models for which its steps exceed what `limit_max_steps` workers take
    is_heavy_for_any: bool  # the same for a model that no list names
    workers: frozenset[UUID]
    worker_blacklist: bool


class Offer(NamedTuple):
    """What a worker can and will do, as of its last pop."""

    kind: str
    worker_id: UUID
    owner_id: int
    models: frozenset[str]
    max_pixels: int
    can: int  # capability bits
    nsfw: bool
    owner_trusted: bool
    speed: float  # raw things per second
    is_fast: bool  # fast enough for requests with `slow_workers: false`
    extra_slow: bool
    limits_steps: bool
    blacklist: tuple[str, ...]
    maintenance: bool
    paused: bool
    wants_upfront_kudos: bool
    favoured: frozenset[int]  # account ids served first and also in maintenance: the owner, then friends


def refusal(requirement: Requirement, offer: Offer) -> Reason | None:  # noqa: PLR0911 one return a rule, in order
    """The first reason why `offer` may not serve `requirement`, or None when it may. O(models of the request)."""
    if requirement.kind != offer.kind:
        return Reason.MODELS
    if requirement.workers and (offer.worker_id in requirement.workers) == requirement.worker_blacklist:
        return Reason.WORKER_ID
    common = requirement.models & offer.models if requirement.models else offer.models
    if not common:
        return Reason.MODELS
    if requirement.pixels > offer.max_pixels:
        return Reason.MAX_PIXELS
    if requirement.nsfw and not offer.nsfw:
        return Reason.NSFW
    if requirement.wants_trusted and not offer.owner_trusted:
        return Reason.UNTRUSTED
    if requirement.wants_fast and not offer.is_fast:
        return Reason.PERFORMANCE
    if offer.extra_slow and not requirement.allows_extra_slow:
        return Reason.PERFORMANCE
    if requirement.needs & ~offer.can:
        return Reason.BRIDGE_VERSION
    if offer.limits_steps and not usable_models(requirement, offer):
        return Reason.STEP_COUNT
    return None


def usable_models(requirement: Requirement, offer: Offer) -> frozenset[str]:
    """The models of the worker that may serve the request: those a job may name."""
    common = requirement.models & offer.models if requirement.models else offer.models
    if not offer.limits_steps:
        return common
    if requirement.models:
        return common - requirement.heavy_for
    return frozenset() if requirement.is_heavy_for_any else common


def has_word(prompt_lower: str, words: tuple[str, ...]) -> bool:
    """Whether a lower-cased prompt holds one of the words, also within others (§3.5.2 row 6)."""
    return any(word in prompt_lower for word in words)


def personal_refusal(
    offer: Offer, *, account_id: int, has_blacklisted_word: bool, balance_covers_price: bool, failed_before: bool
) -> Reason | None:
    """What depends on the single request and not on its class: who asks, its words, its payer, its history.

    In maintenance or paused a worker serves its owner only (§3.5.2 row 1; an honest refusal instead of fake jobs,
    §3.5.6). A worker that has just faulted a job of the request is not handed the same slot again (D14).
    """
    if (offer.maintenance or offer.paused) and account_id != offer.owner_id:
        return Reason.MAINTENANCE
    if failed_before:
        return Reason.RECENT_FAULT
    if has_blacklisted_word:
        return Reason.BLACKLIST
    if offer.wants_upfront_kudos and not balance_covers_price and account_id not in offer.favoured:
        return Reason.KUDOS
    return None
