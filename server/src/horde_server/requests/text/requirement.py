"""From a text order to what it asks of a worker (workers.md §5.14)."""

from __future__ import annotations

from uuid import UUID

from horde_server.dispatch.capabilities import VALIDATED_BACKEND
from horde_server.dispatch.refusal import Requirement
from horde_server.requests.text.order import TextOrder


def requirement(order: TextOrder) -> Requirement:
    """What the order asks of a worker; equal for orders that the same workers can serve. Texts are never NSFW."""
    return Requirement(
        kind="text",
        models=frozenset(order.models),
        pixels=0,
        needs=(VALIDATED_BACKEND if order.validated_backends else 0) | (order.chat.needs if order.chat else 0),
        permissions=0,
        nsfw=False,
        wants_trusted=order.trusted_workers,
        wants_fast=not order.slow_workers,
        allows_extra_slow=order.extra_slow_workers,
        steps=0,
        paints=False,
        has_second_pass=False,
        has_qr_code=False,
        workers=frozenset(UUID(worker) for worker in order.workers),
        worker_blacklist=order.worker_blacklist,
        max_length=order.max_length,
        max_context_length=order.max_context_length,
        softprompt=order.softprompt,
        preferred=frozenset(order.preferred_models),
    )
