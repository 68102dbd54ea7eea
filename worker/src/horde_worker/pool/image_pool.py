"""Makers of pictures as one."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageMaker
from horde_worker.kinds.image.needs import needs_of
from horde_worker.pool.members import Members
from horde_worker.pool.standing_of_members import OfMembers, united


class ImagePool(OfMembers):
    """Implements `ImageMaker`. A pop's flags hold for every model in it, so only what all can do is offered."""

    def __init__(self, members: Members[ImageMaker]) -> None:
        self._members = members

    @property
    def abilities(self) -> ImageAbilities:
        """All models, and of the rest what every maker can do that is there."""
        each = [one.maker.abilities for one in self._members.ready()]
        return ImageAbilities(
            models=united([one.models for one in each]),
            max_pixels=min(one.max_pixels for one in each),
            capabilities=frozenset.intersection(*(one.capabilities for one in each)),
            samplers=frozenset.intersection(*(one.samplers for one in each)),
            max_batch=min(one.max_batch for one in each),
            knows_nsfw=any(one.knows_nsfw for one in each),
            previews=all(one.previews for one in each),
            loaded=united([one.loaded for one in each]),
        )

    def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        """By one of them."""
        is_alias = job.model not in self.abilities.models
        return self._members.events(lambda maker: _fits(job, maker.abilities, is_alias), lambda maker: maker.make(job))


def _fits(job: ImageJob, can: ImageAbilities, is_alias: bool) -> bool:
    """Whether a maker has the model (any serves an alias), and can do what the job needs."""
    return (
        (is_alias or job.model in can.models)
        and job.width * job.height <= can.max_pixels
        and len(job.ids) <= can.max_batch
        and needs_of(job) <= can.capabilities
    )
