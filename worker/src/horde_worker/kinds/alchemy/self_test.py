"""Forms tried on a small picture before they are offered, and forms done at all: as a result of the right kind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog

from horde_sdk.generation_parameters.alchemy.consts import (
    is_facefixer_form,
    is_strip_background_form,
    is_upscaler_form,
)
from horde_worker.backends.alchemy import AlchemyMaker, AlchemyResult, Option
from horde_worker.backends.events import BackendFailure, Watched
from horde_worker.kinds.interface import Watch
from horde_worker.kinds.results import results_of

if TYPE_CHECKING:
    from PIL import Image  # loaded when there is a picture: a worker that waits is to be small

log = structlog.get_logger(__name__)

SELF_TEST_LIMIT_S = 60.0


async def proven_forms(maker: AlchemyMaker, forms: Iterable[str]) -> tuple[str, ...]:
    """Those that have a result; the log says of the others why not."""
    return tuple([form for form in forms if await _is_able(maker, form)])


async def result_of(
    maker: AlchemyMaker, form: str, source: Image.Image, payload: Mapping[str, Option], watch: Watch
) -> AlchemyResult:
    """The result of a form, a picture where it is to be one. Raises `BackendFailure`, and what the maker raises."""
    events = maker.work(form, source, payload)
    async with aclosing(results_of(events, AlchemyResult, 1, watch, "results")) as results:
        result = await anext(results)
    check_kind(form, result)
    return result


def check_kind(form: str, result: AlchemyResult) -> None:
    """Raise `BackendFailure` unless the result is a picture where it is to be one, and only there."""
    from PIL import Image

    if is_picture_form(form) != isinstance(result.value, Image.Image):
        raise BackendFailure(f"{form} has a result of the wrong kind: {type(result.value).__name__}")


async def watch_nothing(_event: Watched) -> None:
    """For what is nobody's job."""


def is_picture_form(form: str) -> bool:
    """Whether the result of a form is a picture."""
    return is_upscaler_form(form) or is_facefixer_form(form) or is_strip_background_form(form)


def sample_picture() -> Image.Image:
    """A small picture with a slope of colours and an edge."""
    from PIL import Image

    picture = Image.radial_gradient("L").resize((64, 64))
    return Image.merge("RGB", (picture, picture.transpose(Image.Transpose.ROTATE_90), Image.new("L", (64, 64), 80)))


async def _is_able(maker: AlchemyMaker, form: str) -> bool:
    try:
        async with asyncio.timeout(SELF_TEST_LIMIT_S):
            await result_of(maker, form, sample_picture(), {}, watch_nothing)
    except Exception as error:  # noqa: BLE001 - a backend may raise anything
        log.warning("worker.form_not_offered", form=form, reason=str(error) or type(error).__name__)
        return False
    return True
