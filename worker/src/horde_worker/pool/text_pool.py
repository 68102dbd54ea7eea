"""Makers of texts as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from horde_worker.backends.text import TextAbilities, TextEvent, TextJob, TextMaker, common_chat
from horde_worker.pool.members import Members
from horde_worker.pool.standing_of_members import OfMembers, united


class TextPool(OfMembers):
    """Implements `TextMaker`. The lengths of a pop hold for every model in it, so the shortest are offered."""

    def __init__(self, members: Members[TextMaker]) -> None:
        self._members = members

    @property
    def abilities(self) -> TextAbilities:
        """All models, and the lengths that every maker can do that is there."""
        each = [one.maker.abilities for one in self._members.ready()]
        return TextAbilities(
            models=united([one.models for one in each]),
            max_length=min(one.max_length for one in each),
            max_context_length=min(one.max_context_length for one in each),
            max_batch=min(one.max_batch for one in each),
            chat=common_chat([one.chat for one in each]),
            loaded=united([one.loaded for one in each]),
            templates={name: template for one in each for name, template in one.templates.items()},
        )

    def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        """By one of them."""
        is_alias = job.model not in self.abilities.models
        return self._members.events(lambda maker: _fits(job, maker.abilities, is_alias), lambda maker: maker.make(job))


def _fits(job: TextJob, can: TextAbilities, is_alias: bool) -> bool:
    """Whether a maker has the model (any serves an alias), and can read and write as much."""
    return (
        (is_alias or job.model in can.models)
        and job.max_length <= can.max_length
        and job.max_context_length <= can.max_context_length
        and len(job.ids) <= can.max_batch
        and not (job.conversation is not None and job.conversation.lacking(can.chat))
    )
