"""From a form to what it asks of an alchemist (alchemy.md §6)."""

from __future__ import annotations

from horde_server.dispatch.refusal import Requirement
from horde_server.requests.alchemy.order import FormOrder


def requirement(order: FormOrder) -> Requirement:
    """Equal for forms of one name on equally large pictures."""
    return Requirement(
        kind="interrogation",
        models=frozenset((order.form,)),
        pixels=0,
        needs=0,
        permissions=0,
        nsfw=False,
        wants_trusted=order.trusted_workers,
        wants_fast=not order.slow_workers,
        allows_extra_slow=True,
        steps=0,
        paints=False,
        has_second_pass=False,
        has_qr_code=False,
        workers=frozenset(),
        worker_blacklist=False,
        tiles=order.tiles,
    )
