"""Makers of alchemy as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from PIL import Image

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyMaker, Option
from horde_worker.pool.members import Members
from horde_worker.pool.standing_of_members import OfMembers, united


class AlchemyPool(OfMembers):
    """Implements `AlchemyMaker`. Each form is offered by itself, so all that any maker can do are."""

    def __init__(self, members: Members[AlchemyMaker]) -> None:
        self._members = members

    @property
    def abilities(self) -> AlchemyAbilities:
        """All forms, of sources that every maker can work on that is there."""
        each = [one.maker.abilities for one in self._members.ready()]
        forms = united([one.forms for one in each])
        return AlchemyAbilities(
            forms=forms,
            max_tiles=min(one.max_tiles for one in each),
            max_side=min(one.max_side for one in each),
            max_batch=min(one.max_batch for one in each),
        )

    def work(self, form: str, source: Image.Image, payload: Mapping[str, Option]) -> AsyncGenerator[AlchemyEvent, None]:
        """By one that does the form; a stand-in for a trained model only where nothing better is there."""
        return self._members.events(
            lambda maker: form in maker.abilities.forms,
            lambda maker: maker.work(form, source, payload),
            lambda maker: int(form in _stand_ins(maker)),
        )


def _stand_ins(maker: AlchemyMaker) -> frozenset[str]:
    """Forms that a maker does by something simpler than their names say."""
    found: frozenset[str] = getattr(maker.abilities, "stand_ins", frozenset())
    return found
