"""Judges that look at nothing: one because there is nothing to see, one because nobody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horde_worker.safety.judgement import Judgement, Wanted

if TYPE_CHECKING:
    from PIL import Image


class ClosedVocabulary:
    """For makers that can paint nothing but what is safe, such as the built-in model."""

    name = "closed_vocabulary"
    can_judge = True

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """Safe: there are no words for anything else."""
        return Judgement()


class Unchecked:
    """For owners of a horde who answer for their pictures themselves."""

    name = "none"
    can_judge = False

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """Nothing is known of it."""
        return Judgement()
