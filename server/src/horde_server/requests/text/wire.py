"""From the API's body to an order, with every effective default applied (requests.md §8.1, §8.3)."""

from __future__ import annotations

import msgspec

from horde_server.errors import NotSupportedYet
from horde_server.requests.asked import NO_PICTURES, Asked, GivenPictures
from horde_server.requests.text.order import Sampling, TextOrder
from horde_server.requests.text.schemas import TextParams, TextRequest
from horde_server.webhooks.hook import Hook

_NO_SAMPLING = {"n", "max_length", "max_context_length"}


def asked(body: TextRequest) -> Asked[TextOrder]:
    """What the body asks for. Raises `NotSupportedYet`. Texts take no pictures: the desk says so in its turn."""
    if body.style:
        raise NotSupportedYet("`style` is not supported by this server yet: leave it out.")
    extra = tuple((extra.image, extra.strength) for extra in body.extra_source_images)
    return Asked(
        order=_order(body),
        pictures=GivenPictures(extra=extra) if extra else NO_PICTURES,
        webhook=Hook(body.webhook) if body.webhook else None,
        may_shrink=body.allow_downgrade,
    )


def _order(body: TextRequest) -> TextOrder:
    params = body.params
    return TextOrder(
        prompt=body.prompt,
        models=tuple(body.models),
        n=params.n,
        max_length=params.max_length,
        max_context_length=params.max_context_length,
        sampling=_sampling(params),
        softprompt=body.softprompt,
        validated_backends=body.validated_backends,
        trusted_workers=body.trusted_workers,
        slow_workers=body.slow_workers,
        extra_slow_workers=body.extra_slow_workers,
        workers=tuple(body.workers),
        worker_blacklist=body.worker_blacklist,
        disable_batching=body.disable_batching,
        proxied_account=body.proxied_account,
    )


def _sampling(params: TextParams) -> Sampling:
    """What was asked for, and nothing else; each stop sequence once."""
    unknown = params.model_extra or ()
    asked_for = params.model_dump(exclude_unset=True, exclude={*_NO_SAMPLING, *unknown})
    if stops := asked_for.get("stop_sequence"):
        asked_for["stop_sequence"] = list(dict.fromkeys(stops))
    return msgspec.convert(asked_for, Sampling)
