"""Post-processing of pictures by the makers of alchemy that are open in this process, where their own maker cannot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import structlog

from horde_worker.backends.alchemy import AlchemyMaker
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import Remark
from horde_worker.backends.interface import why_unready
from horde_worker.kinds.alchemy.self_test import is_picture_form, proven_forms, result_of, watch_nothing

if TYPE_CHECKING:
    from PIL import Image

log = structlog.get_logger(__name__)

FORM_LIMIT_S: Final = 60.0
"""For one post-processor on the largest picture that is offered: the request waits for it."""
TILE_PIXELS: Final = 512 * 512
LONGEST_SIDE: Final = 16383
"""Pixels: WebP knows no longer ones."""

WORD: Final = "post-processing"


class PostProcessing:
    """What can be done to finished pictures, in the words of the API."""

    def __init__(self, alchemist: AlchemyMaker | None, forms: Sequence[str] = ()) -> None:
        """`forms`: those alone that the operator wants to offer; none: all."""
        self._alchemist = alchemist
        self._forms = frozenset(forms)
        self._proven: frozenset[str] = frozenset()

    async def start(self, own: AbstractSet[str], max_pixels: int) -> None:
        """Try out what the pictures' own maker (`own`: its capabilities) cannot do, and is not too slow."""
        if self._alchemist is None or why_unready(self._alchemist):
            return
        able = self._alchemist.abilities
        wanted = [form for form in able.forms if is_picture_form(form) and form not in own and self._is_wanted(form)]
        in_time = [form for form in wanted if _is_in_time(form, able.seconds_per_tile.get(form, 0.0), max_pixels)]
        self._proven = frozenset(await proven_forms(self._alchemist, in_time))

    def _is_wanted(self, form: str) -> bool:
        return not self._forms or form in self._forms

    @property
    def words(self) -> frozenset[str]:
        """What may be offered for it. Nothing while those who do it are away."""
        if self._alchemist is None or why_unready(self._alchemist):
            return frozenset()
        there = self._proven & frozenset(self._alchemist.abilities.forms)
        return there | {WORD} if there else frozenset()

    async def done(
        self, picture: Image.Image, names: Sequence[str], facefixer_strength: float
    ) -> tuple[Image.Image, tuple[Remark, ...]]:
        """The picture after all of them, in their order, and what is to be told: by which of them there was a stand-in.

        Raises `BackendFailure`, and what a maker raises.
        """
        stand_ins = frozenset() if self._alchemist is None else self._alchemist.abilities.stand_ins
        for name in names:
            picture = await self._step(picture, name, facefixer_strength)
        told = (f"{name}: done by a simpler stand-in" for name in dict.fromkeys(names) if name in stand_ins)
        return picture, tuple(Remark("information", "see_ref", one) for one in told)

    async def _step(self, picture: Image.Image, name: str, facefixer_strength: float) -> Image.Image:
        if self._alchemist is None or name not in self._proven:
            raise BackendFailure(f"{name} is not offered here")
        if max(picture.size) > self._alchemist.abilities.max_side:
            raise BackendFailure(f"a picture of {picture.width}×{picture.height} is too large for {name}")
        payload = {"facefixer_strength": facefixer_strength}
        result = await result_of(self._alchemist, name, picture, payload, watch_nothing)
        from PIL import Image

        assert isinstance(result.value, Image.Image)  # `result_of` looks at that
        if max(result.value.size) > LONGEST_SIDE:
            raise BackendFailure(f"{name} made a picture of more than {LONGEST_SIDE} pixels a side")
        return result.value


def shared_out(names: Sequence[str], own: AbstractSet[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of a job's post-processors the pictures' own maker does, and which are done after it: the order counts, so
    it does those up to the first that it cannot."""
    first = next((place for place, name in enumerate(names) if name not in own), len(names))
    return tuple(names[:first]), tuple(names[first:])


def _is_in_time(form: str, seconds_per_tile: float, max_pixels: int) -> bool:
    seconds = seconds_per_tile * math.ceil(max_pixels / TILE_PIXELS)
    if seconds <= FORM_LIMIT_S:
        return True
    most = int(FORM_LIMIT_S / seconds_per_tile) * TILE_PIXELS
    advice = f"; with max_pixels {most} it would be offered" if most else ""
    reason = f"the largest picture here would take {seconds:.0f} s{advice}"
    log.warning("worker.post_processor_not_offered", form=form, reason=reason)
    return False
