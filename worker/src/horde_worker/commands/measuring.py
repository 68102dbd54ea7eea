"""How fast a backend is, measured through the backend itself with jobs as a horde would send them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image

from horde_worker.backends.alchemy import AlchemyMaker, AlchemyResult
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageJob, ImageMaker, ImageResult
from horde_worker.backends.text import TextJob, TextMaker, TextResult
from horde_worker.commands.trial_jobs import image_job, text_job

Say = Callable[[str], None]

SIDES: Final = (512, 768, 1024, 1280, 1536, 2048)
USUAL_STEPS: Final = 30
MEASURED_STEPS: Final = 10
LEAST_TTL_S: Final = 150.0
SHARE_OF_TTL: Final = 0.6
"""A job that takes longer than this of its time is too near to being given to somebody else."""
FORM_LIMIT_S: Final = 60.0
ONE_LIMIT_S: Final = 600.0
TEXT_TOKENS: Final = 80


def ttl_s(width: int, height: int, steps: int) -> float:
    """How long a horde waits for a picture."""
    return max(30 + 2 * steps * (width * height / 512**2), LEAST_TTL_S)


@dataclass(slots=True)
class Measured:
    """What was measured, and the settings that follow."""

    seconds_of_picture: dict[int, float] = field(default_factory=dict)  # by side, in the usual number of steps
    seconds_of_batch: dict[int, float] = field(default_factory=dict)  # by pictures, at the smallest side
    tokens_per_s: float | None = None
    longest_text: int = 1024
    seconds_of_form: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def proposed(self) -> dict[str, object]:
        """Settings by their keys: the most that is delivered in time."""
        proposed: dict[str, object] = {}
        fitting = [
            side
            for side, seconds in self.seconds_of_picture.items()
            if seconds <= SHARE_OF_TTL * ttl_s(side, side, USUAL_STEPS)
        ]
        if fitting:
            proposed["max_pixels"] = max(fitting) ** 2
        elif self.seconds_of_picture:
            proposed["extra_slow_worker"] = True
        single = self.seconds_of_batch.get(1)
        batches = [
            count
            for count, seconds in self.seconds_of_batch.items()
            if single is not None and seconds <= min(SHARE_OF_TTL * LEAST_TTL_S, 0.95 * single * count)
        ]
        if self.seconds_of_batch:
            proposed["batch"] = max(batches, default=1)
        if self.tokens_per_s:
            most = int(self.tokens_per_s * SHARE_OF_TTL * LEAST_TTL_S)
            proposed["max_length"] = max(min(most // 16 * 16, self.longest_text), 16)
        slow = [form for form, seconds in self.seconds_of_form.items() if seconds > FORM_LIMIT_S]
        if slow and len(slow) < len(self.seconds_of_form):
            proposed["forms"] = [form for form in self.seconds_of_form if form not in slow]
        return proposed


async def measure_pictures(maker: ImageMaker, into: Measured, say: Say, *, budget_s: float) -> None:
    """Larger and larger pictures, until the backend's largest or until the time is over; then several at a time."""
    can = maker.abilities
    until = time.monotonic() + budget_s
    sides = [side for side in SIDES if side * side <= can.max_pixels] or [int(can.max_pixels**0.5) // 64 * 64]
    await _pictures(maker, image_job(can, sides[0], sides[0], 2))  # loads the model
    for side in sides:
        seconds = await _pictures(maker, image_job(can, side, side, MEASURED_STEPS))
        if seconds < 5.0:  # what does not grow with the steps would count too much
            seconds = await _pictures(maker, image_job(can, side, side, USUAL_STEPS))
        else:
            seconds *= USUAL_STEPS / MEASURED_STEPS
        into.seconds_of_picture[side] = seconds
        rate = side * side * USUAL_STEPS / seconds / 1e6
        say(f"{side}×{side}, {USUAL_STEPS} steps: {seconds:.1f} s ({rate:.1f} megapixel steps a second)")
        if time.monotonic() + 4 * seconds > until or seconds > LEAST_TTL_S:
            break
    side = sides[0]
    into.seconds_of_batch[1] = into.seconds_of_picture[side]
    for count in (2, 4, 8):
        expected = into.seconds_of_batch[1] * count
        if count > can.max_batch or time.monotonic() + expected > until:
            break
        seconds = await _pictures(maker, image_job(can, side, side, USUAL_STEPS, count=count))
        into.seconds_of_batch[count] = seconds
        say(f"{count} pictures of {side}×{side} at a time: {seconds:.1f} s")


async def measure_texts(maker: TextMaker, into: Measured, say: Say) -> None:
    """One text to wake the model up, and one that counts."""
    can = maker.abilities
    into.longest_text = min(into.longest_text, can.max_length)
    length = min(TEXT_TOKENS, can.max_length)
    await _text(maker, text_job(can, min(16, length)))
    job = text_job(can, length)
    began = time.monotonic()
    tokens = await _text(maker, job)
    into.tokens_per_s = tokens / max(time.monotonic() - began, 1e-6)
    say(f"{tokens} tokens: {into.tokens_per_s:.1f} a second")


async def measure_forms(maker: AlchemyMaker, into: Measured, say: Say) -> None:
    """Each form on a picture of one tile, until one is too slow for a horde."""
    picture = await asyncio.to_thread(_noise)
    for form in maker.abilities.forms:
        began = time.monotonic()
        try:
            async with asyncio.timeout(FORM_LIMIT_S * 3):
                async for event in maker.work(form, picture, {}):
                    if isinstance(event, AlchemyResult):
                        break
        except (BackendFailure, TimeoutError) as error:
            into.failures.append(f"{form}: {error or 'it takes longer than a horde waits'}")
            continue
        into.seconds_of_form[form] = time.monotonic() - began
        say(f"{form} of 512×512: {into.seconds_of_form[form]:.1f} s")


async def _pictures(maker: ImageMaker, job: ImageJob) -> float:
    """Seconds that a job takes. Raises `BackendFailure`."""
    began = time.monotonic()
    made = 0
    try:
        async with asyncio.timeout(ONE_LIMIT_S):
            async for event in maker.make(replace(job, seeds=tuple(seed + int(began) for seed in job.seeds))):
                made += isinstance(event, ImageResult)
    except TimeoutError:
        raise BackendFailure(f"a picture takes longer than {ONE_LIMIT_S:.0f} s") from None
    if made < len(job.ids):
        raise BackendFailure("it made fewer pictures than were asked for")
    return time.monotonic() - began


async def _text(maker: TextMaker, job: TextJob) -> int:
    """Tokens of a text. Raises `BackendFailure`."""
    try:
        async with asyncio.timeout(ONE_LIMIT_S):
            async for event in maker.make(job):
                if isinstance(event, TextResult):
                    return max(event.tokens, 1)
    except TimeoutError:
        raise BackendFailure(f"a text takes longer than {ONE_LIMIT_S:.0f} s") from None
    raise BackendFailure("it made no text")


def _noise() -> Image.Image:
    """A picture that is not too easy."""
    return Image.effect_noise((512, 512), 80).convert("RGB")
