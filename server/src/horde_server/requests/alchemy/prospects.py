"""Words for the forms of an interrogation that nobody does now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.kind import Kind
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Reason
from horde_server.identity.directory import Account
from horde_server.requests.alchemy.vocabulary import FORMS, is_image_form
from horde_server.requests.prospects import OBSTACLES, counted, named, what_would_help

_MOST_GROUPS: Final = 4
_OBSTACLES_OF_FORMS: Final = {**OBSTACLES, Reason.MODELS: "do none of these forms"}


def forms_warning(
    entries: Iterable[Entry], queue: LiveQueue, kind: Kind[Any] | None = None, account: Account | None = None
) -> str:
    """What stands in the way of an interrogation's forms that nobody does now; empty where there are none.

    With their `kind`, also what would help.

    Forms that nobody does for the same reasons share a sentence or two, each below 1 KB; few groups are told apart.
    """
    alike: dict[frozenset[tuple[Reason, int]], list[Entry]] = {}
    for entry in entries:
        if not queue.is_possible(entry):
            refusals = queue.refusals(entry.group, entry.account_id)
            alike.setdefault(frozenset(refusals.items()), []).append(entry)
    groups = list(alike.items())
    told = [
        f"{_no_alchemist(group)} {_obstacles_of(group[0], Counter(dict(reasons)), queue)}"
        f"{what_would_help(group[0], queue, kind, account)}"
        for reasons, group in groups[:_MOST_GROUPS]
    ]
    if others := [entry for _, group in groups[_MOST_GROUPS:] for entry in group]:
        told.append(_no_alchemist(others))
    return " ".join(told)


def _no_alchemist(forms: Sequence[Entry]) -> str:
    return (
        f"Warning: no available workers can fulfill {named([entry.order.form for entry in forms])}. "
        f"{'It' if len(forms) == 1 else 'They'} will expire unless a suitable worker joins."
    )


def _obstacles_of(form: Entry, refusals: Counter[Reason], queue: LiveQueue) -> str:
    if not refusals:
        return "No alchemist is online."
    told = counted(refusals, _OBSTACLES_OF_FORMS)
    if Reason.MODELS not in refusals:
        return told
    # upscalers are many and alike: what tells something of a picture is named first
    offered = sorted(queue.models_on_offer(form.account_id, len(FORMS)), key=is_image_form)
    return f"{told} Done now: {named(offered)}."
