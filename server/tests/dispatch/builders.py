"""Builders with defaults for dispatch tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from horde_server.dispatch.entry import Entry, RequestState
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.refusal import Offer, Requirement
from horde_server.models.catalogue import baseline, is_inpainting
from horde_server.requests.image.order import ImageOrder


def a_requirement(**changes: Any) -> Requirement:
    """What a plain 512×512 request for one model asks."""
    plain = Requirement(
        kind="image",
        models=frozenset({"m"}),
        pixels=512 * 512,
        needs=0,
        permissions=0,
        nsfw=False,
        wants_trusted=False,
        wants_fast=False,
        allows_extra_slow=False,
        steps=0,
        paints=False,
        has_second_pass=False,
        has_qr_code=False,
        workers=frozenset(),
        worker_blacklist=False,
    )
    return plain._replace(**changes)


def an_offer(**changes: Any) -> Offer:
    """A worker that serves model `m` and takes what is plain."""
    owner_id = changes.get("owner_id", 7)
    models = changes.get("models", frozenset({"m"}))
    plain = Offer(
        kind="image",
        worker_id=uuid4(),
        owner_id=owner_id,
        models=models,
        plain_models=frozenset(
            model
            for model in models
            if not is_inpainting(model) and (changes.get("runs_flux", True) or baseline(model) != "flux_1")
        ),
        max_pixels=1024 * 1024,
        can=0,
        permissions=63,
        allows_sdxl_controlnet=True,
        runs_flux=True,
        has_cascade_second_pass=True,
        paints_with_any_model=False,
        nsfw=True,
        owner_trusted=False,
        speed=1_000_000.0,
        is_fast=True,
        extra_slow=False,
        named_only=False,
        limits_steps=False,
        blacklist=(),
        maintenance=False,
        paused=False,
        wants_upfront_kudos=False,
        favoured=frozenset({owner_id}),
    )
    return plain._replace(**changes)


def an_entry(
    requirement: Requirement | None = None,
    *,
    key: float = 0.0,
    jobs: int = 1,
    account_id: int = 1,
    prompt: str = "a quiet harbour",
    covered: bool = True,
    expires_at_s: float = 1e12,
    request_id: UUID | None = None,
) -> Entry[ImageOrder]:
    """An open request as the queue mirrors it."""
    known_id = RequestId(request_id or uuid4())
    return Entry(
        id=known_id,
        account_id=account_id,
        order=ImageOrder(prompt=prompt, n=jobs),
        requirement=requirement or a_requirement(),
        key=key,
        price_hundredths=1000,
        balance_covers_price=covered,
        created_s=0.0,
        state=RequestState(known_id, "open", jobs, jobs, 0, 0, 0, 300, expires_at_s, 0),
    )
