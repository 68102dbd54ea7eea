"""From the API's body to an order, with every effective default applied (requests.md §8.1, §8.3)."""

from __future__ import annotations

from typing import Any

import msgspec

from horde_server.requests.asked import NO_PICTURES, Asked, GivenPictures
from horde_server.requests.text.order import Sampling, TextOrder
from horde_server.requests.text.schemas import TextParams, TextRequest
from horde_server.webhooks.hook import Hook

_NO_SAMPLING = {"n", "max_length", "max_context_length"}


def asked(body: TextRequest) -> Asked[TextOrder]:
    """What the body asks for, but for its style. Texts take no pictures: the desk says so in its turn."""
    extra = tuple((extra.image, extra.strength) for extra in body.extra_source_images)
    return Asked(
        order=_order(body),
        pictures=GivenPictures(extra=extra) if extra else NO_PICTURES,
        webhook=Hook(body.webhook) if body.webhook else None,
        may_shrink=body.allow_downgrade,
    )


def with_params(order: TextOrder, params: bytes) -> TextOrder:
    """The order with these parameters, as JSON in the API's words, instead of all of its own.

    Raises `pydantic.ValidationError`.
    """
    return msgspec.structs.replace(order, **_params(TextParams.model_validate_json(params)))


def _order(body: TextRequest) -> TextOrder:
    return TextOrder(
        prompt=body.prompt,
        models=tuple(body.models),
        softprompt=body.softprompt,
        validated_backends=body.validated_backends,
        trusted_workers=body.trusted_workers,
        slow_workers=body.slow_workers,
        extra_slow_workers=body.extra_slow_workers,
        workers=tuple(body.workers),
        worker_blacklist=body.worker_blacklist,
        disable_batching=body.disable_batching,
        proxied_account=body.proxied_account,
        **_params(body.params),
    )


def _params(params: TextParams) -> dict[str, Any]:
    """Of an order, what stands in `params`."""
    return {
        "n": params.n,
        "max_length": params.max_length,
        "max_context_length": params.max_context_length,
        "sampling": _sampling(params),
    }


def _sampling(params: TextParams) -> Sampling:
    """What was asked for, and nothing else; each stop sequence once."""
    unknown = params.model_extra or ()
    asked_for = params.model_dump(exclude_unset=True, exclude={*_NO_SAMPLING, *unknown})
    if stops := asked_for.get("stop_sequence"):
        asked_for["stop_sequence"] = list(dict.fromkeys(stops))
    return msgspec.convert(asked_for, Sampling)
