"""Concessions that requests of several kinds have alike: who may serve them, and with which models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeVar, cast

import msgspec

from horde_server.dispatch.concessions import Concession, Option, concession, most_offered
from horde_server.dispatch.refusal import SPECIAL_MODEL, Offer, Reason

_POINTS_OF_A_MODEL: Final = 150
_POINTS_OF_ANY_MODEL: Final = 200


class ServedOrder(Protocol):
    """An order, a msgspec struct, that says who may serve it."""

    @property
    def models(self) -> tuple[str, ...]:
        """Any of which may serve it; none: all."""

    @property
    def workers(self) -> tuple[str, ...]:
        """Ids: only these, or none of these."""

    @property
    def trusted_workers(self) -> bool:
        """Whether their owners must be trusted."""

    @property
    def slow_workers(self) -> bool:
        """Whether slow ones may serve it."""

    @property
    def extra_slow_workers(self) -> bool:
        """Whether those may that call themselves extra slow."""


OrderT = TypeVar("OrderT", bound=ServedOrder)


def changed(order: OrderT, changes: dict[str, Any]) -> OrderT:
    """The order, with these fields of it set."""
    return cast("OrderT", msgspec.structs.replace(cast("Any", order), **changes))


def service_concessions(
    order: OrderT, offers: Sequence[Offer], of_models: Iterable[Reason]
) -> list[Concession[OrderT]]:
    """Workers, trust, speed and models. `of_models`: what other models may lift of what single models refuse."""

    def option(points: int, words: str, **changes: Any) -> Option[OrderT]:
        stored = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
        return Option(points=points, words=words, fields=changes, apply=partial(changed, changes=stored))

    found: list[Concession[OrderT]] = []
    if not order.slow_workers:
        found += concession([option(30, "by slow workers too", slow_workers=True)], Reason.PERFORMANCE)
    if not order.extra_slow_workers:
        found += concession([option(60, "by extra slow workers too", extra_slow_workers=True)], Reason.PERFORMANCE)
    if order.trusted_workers:
        found += concession(
            [option(80, "by workers that are not trusted too", trusted_workers=False)], Reason.UNTRUSTED
        )
    if order.workers:
        found += concession([option(90, "by any worker", workers=[])], Reason.WORKER_ID)
    if order.models and not any(SPECIAL_MODEL in model for model in order.models):
        others = most_offered(offers, lambda model: model not in order.models and SPECIAL_MODEL not in model)
        options = [option(_POINTS_OF_A_MODEL, f"with the model {model}", models=[model]) for model in others]
        options.append(option(_POINTS_OF_ANY_MODEL, "with any model", models=[]))
        found += concession(options, Reason.MODELS, of_models=of_models, must_fit=True)
    return found
