"""The body of an alchemy pop: which forms the backend can do and the operator allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from horde_sdk.ai_horde_api.apimodels.alchemy.pop import AlchemyPopRequest
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyForm, AlchemyJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.offered import MOST_AT_A_TIME, least
from horde_worker.settings import OperatorWishes

MOST_TILES: Final = 256
"""The largest source that a worker may offer to take, by the API."""

_KNOWN: Final = frozenset(form.value for form in KNOWN_ALCHEMY_TYPES if form.value)


def is_known_form(name: str) -> bool:
    """Whether the API has a form of this name; others cannot be offered."""
    return name in _KNOWN


def alchemy_offer(wishes: OperatorWishes, abilities: AlchemyAbilities, threads: int = 1) -> AlchemyPopRequest:
    """What to send to `POST /interrogate/pop` (alchemy.md §6); `threads` jobs are done at a time."""
    wanted = [form for form in abilities.forms if not wishes.forms or form in wishes.forms]
    return AlchemyPopRequest(
        name=wishes.name,
        forms=[KNOWN_ALCHEMY_TYPES(form) for form in wanted if is_known_form(form)],
        amount=least(abilities.max_batch, wishes.batch, MOST_AT_A_TIME),
        max_tiles=least(abilities.max_tiles, wishes.max_tiles, MOST_TILES),
        priority_usernames=list(wishes.priority_usernames),
        bridge_agent=wishes.bridge_agent,
        threads=threads,
    )


def check_forms_offered(job: AlchemyJob, offer: AlchemyPopRequest) -> None:
    """Raise `UnusableJob` for more forms than `offer` says."""
    if len(job.forms) > offer.amount:
        raise UnusableJob(f"{len(job.forms)} forms are more than {offer.amount} at a time", job.ids)


def refused_forms(forms: Sequence[AlchemyForm], offer: AlchemyPopRequest) -> dict[str, str]:
    """The reasons against forms that `offer` does not cover, by id."""
    offered = frozenset(str(form) for form in offer.forms)
    refused = {form.id: form.refusal for form in forms if form.refusal}
    for form in forms:
        if form.name not in offered:
            refused[form.id] = f"the form {form.name!r} is not offered"
        elif not form.where:
            refused[form.id] = "the form has no source image"
    return refused
