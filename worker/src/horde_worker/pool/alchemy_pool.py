"""Makers of alchemy as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyMaker, Option
from horde_worker.pool.members import Members
from horde_worker.pool.standing_of_members import OfMembers, united

if TYPE_CHECKING:
    from PIL import Image  # a worker of texts never loads it


class AlchemyPool(OfMembers):
    """Implements `AlchemyMaker`. Each form is offered by itself, so all that any maker can do are."""

    def __init__(self, members: Members[AlchemyMaker]) -> None:
        self._members = members

    @property
    def abilities(self) -> AlchemyAbilities:
        """All forms, of sources that every maker can work on that is there."""
        each = [one.maker.abilities for one in self._members.ready()]
        forms = united([one.forms for one in each])
        does = {
            form: min((one for one in each if form in one.forms), key=lambda one: form in one.stand_ins)
            for form in forms
        }
        return AlchemyAbilities(
            forms=forms,
            max_tiles=min(one.max_tiles for one in each),
            max_side=min(one.max_side for one in each),
            max_batch=min(one.max_batch for one in each),
            stand_ins=frozenset(form for form, one in does.items() if form in one.stand_ins),
            seconds_per_tile={
                form: one.seconds_per_tile[form] for form, one in does.items() if form in one.seconds_per_tile
            },
        )

    def work(self, form: str, source: Image.Image, payload: Mapping[str, Option]) -> AsyncGenerator[AlchemyEvent, None]:
        """By one that does the form; a stand-in for a trained model only where nothing better is there."""
        return self._members.events(
            lambda maker: form in maker.abilities.forms,
            lambda maker: maker.work(form, source, payload),
            lambda maker: int(form in maker.abilities.stand_ins),
        )
