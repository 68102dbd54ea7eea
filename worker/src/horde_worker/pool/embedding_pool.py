"""Makers of vectors as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from horde_worker.backends.embedding import EmbeddingAbilities, EmbeddingEvent, EmbeddingJob, EmbeddingMaker
from horde_worker.pool.members import Members
from horde_worker.pool.standing_of_members import OfMembers, united


class EmbeddingPool(OfMembers):
    """Implements `EmbeddingMaker`. The length of a pop holds for every model in it, so the shortest is offered."""

    def __init__(self, members: Members[EmbeddingMaker]) -> None:
        self._members = members

    @property
    def abilities(self) -> EmbeddingAbilities:
        """All models, and the length that every maker takes that is there."""
        each = [one.maker.abilities for one in self._members.ready()]
        return EmbeddingAbilities(
            models=united([one.models for one in each]),
            max_tokens=min(one.max_tokens for one in each),
            loaded=united([one.loaded for one in each]),
        )

    def make(self, job: EmbeddingJob) -> AsyncGenerator[EmbeddingEvent, None]:
        """By one of them that has the model: vectors of another are of no use."""
        return self._members.events(lambda maker: job.model in maker.abilities.models, lambda maker: maker.make(job))
