"""What of a form could be given up so that an alchemist does it, and at what price (reasons.md §3).

Another form would be another wish: there is none for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from horde_server.dispatch.concessions import Concession, Option, concession, points_for_less, some_of
from horde_server.dispatch.refusal import Offer, Reason
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.conceding import changed


def concessions(order: FormOrder, offers: Sequence[Offer]) -> list[Concession[FormOrder]]:
    """A smaller picture, slower alchemists, any owner's."""

    def option(points: int, words: str, **changes: Any) -> Option[FormOrder]:
        return Option(points=points, words=words, fields=changes, apply=partial(changed, changes=changes))

    sizes = [
        Option(
            points=points_for_less(order.tiles, tiles),
            words=f"with a picture of at most {tiles} {'tile' if tiles == 1 else 'tiles'} of 512x512",
            fields={},  # it is measured, not asked for
            apply=partial(changed, changes={"tiles": tiles}),
        )
        for tiles in some_of((offer.max_tiles for offer in offers), order.tiles)
    ]
    found = concession(sizes, Reason.MAX_TILES)
    if not order.slow_workers:
        found += concession([option(30, "by slow workers too", slow_workers=True)], Reason.PERFORMANCE)
    if order.trusted_workers:
        found += concession(
            [option(80, "by workers that are not trusted too", trusted_workers=False)], Reason.UNTRUSTED
        )
    return found
