"""What is done to a picture between its maker and the horde: it is judged, post-processed, or replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from horde_worker.backends.alchemy import AlchemyMaker
from horde_worker.backends.image import ImageAbilities, ImageJob, ImageResult, Remark
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.image.post_processing import PostProcessing, shared_out
from horde_worker.safety.choice import is_sfw, opened_checker
from horde_worker.safety.decision import decided
from horde_worker.safety.judgement import SafetyChecker, Wanted
from horde_worker.safety.words import words_hit
from horde_worker.settings import OperatorWishes

if TYPE_CHECKING:
    from PIL import Image

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture as it goes out, with what its judge and its maker have to say about it. `state` is the API's."""

    image: Image.Image
    remarks: tuple[Remark, ...]
    state: str


class Finishing:
    """The judge that a worker's operator chose, and those who post-process what the maker of pictures cannot."""

    def __init__(self, wishes: OperatorWishes, alchemist: AlchemyMaker | None = None) -> None:
        self._wishes = wishes
        self._post_processing = PostProcessing(alchemist, wishes.forms)
        self._checker: SafetyChecker | None = None

    async def start(self, able: ImageAbilities, max_pixels: int, horde_url: str) -> None:
        """Load the judge, try out the post-processors. Raises `BackendFailure` where nobody may go without a judge."""
        self._checker = await opened_checker(self._wishes, knows_nsfw=able.knows_nsfw, horde_url=horde_url)
        await self._post_processing.start(able.capabilities, max_pixels)

    def with_post_processors(self, able: ImageAbilities) -> ImageAbilities:
        """The maker's abilities, and what is done for it here."""
        return replace(able, capabilities=able.capabilities | self._post_processing.words)

    def check(self, job: ImageJob) -> None:
        """Raise `UnusableJob` for what is to be censored where nobody sees whether it has to be, and for what the
        operator does not want."""
        # Whether the worker is for work may have changed since the start, when a judge would have been asked for.
        if (job.censors_nsfw or is_sfw(self._wishes.current())) and not self._judge.can_judge:
            raise UnusableJob("this worker has no classifier to censor by", job.ids)
        if words_hit(job.prompt, self._wishes.current().blacklist):
            raise UnusableJob("a word of the prompt is on this worker's blacklist", job.ids)

    def for_maker(self, job: ImageJob, own: AbstractSet[str]) -> ImageJob:
        """The job without the post-processing that is done here; `own` are the maker's capabilities."""
        return replace(job, post_processing=shared_out(job.post_processing, own)[0])

    async def finished(self, job: ImageJob, place: int, result: ImageResult, own: AbstractSet[str]) -> Finished:
        """The picture judged, then post-processed or replaced. What is raised keeps it from going out."""
        judgement = await self._judge.judge(result.image, Wanted(job.prompt, job.negative_prompt))
        decision = decided(
            judgement,
            is_sfw_worker=is_sfw(self._wishes.current()),
            hits_censorlist=words_hit(job.prompt, self._wishes.censorlist),
            censors_request=job.censors_nsfw,
        )
        told: tuple[Remark, ...] = ()
        if decision.replaced is not None:
            from horde_worker.safety.placeholders import placeholder  # fonts and all, hardly ever needed

            log.info("worker.censored", job=job.ids[place], reason=str(decision.replaced))
            image = await asyncio.to_thread(placeholder, decision.replaced, (job.width, job.height))
        else:
            names = shared_out(job.post_processing, own)[1]
            image, told = await self._post_processing.done(result.image, names, job.facefixer_strength)
        return Finished(image, (*decision.remarks, *result.remarks, *told), decision.state)

    @property
    def judges(self) -> bool:
        """Whether pictures are looked at before they go out."""
        return self._checker is not None and self._checker.can_judge

    async def may_show(self, job: ImageJob, preview: Image.Image) -> bool:
        """Whether a picture half made may go out: the whole one, as it looks now, would not be replaced."""
        judgement = await self._judge.judge(preview, Wanted(job.prompt, job.negative_prompt))
        decision = decided(
            judgement,
            is_sfw_worker=is_sfw(self._wishes.current()),
            hits_censorlist=words_hit(job.prompt, self._wishes.censorlist),
            censors_request=job.censors_nsfw,
        )
        return decision.replaced is None

    @property
    def _judge(self) -> SafetyChecker:
        assert self._checker is not None  # nothing is asked for, or made, before the start
        return self._checker
