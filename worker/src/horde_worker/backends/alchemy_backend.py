"""Trained models for work on pictures, in this process: those inside published wheels, and the owner's own files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Final, Self

import structlog
from PIL import Image

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyResult, Option
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.threads import events_of
from horde_worker.backends.trained_alchemy.form_options import FormOptions
from horde_worker.backends.trained_alchemy.forms import LoadedForms, Task, load_forms
from horde_worker.backends.trained_alchemy.model_files import INSTALL
from horde_worker.backends.trained_alchemy.options import AlchemyOptions
from horde_worker.backends.trained_alchemy.upscaler import LONGEST_SIDE

log = structlog.get_logger(__name__)

MAX_SIDE: Final = LONGEST_SIDE // 4
"""Pixels of a source, so that its result is no longer than WebP can be."""


class AlchemyBackend:
    """One form at a time: each takes what the processor has."""

    name = "alchemy"

    def __init__(self, forms: LoadedForms, form_limit_s: float) -> None:
        self._forms = forms
        self._one_at_a_time = asyncio.Lock()
        self.abilities = AlchemyAbilities(
            forms=tuple(forms.by_name),
            max_tiles=forms.max_tiles(form_limit_s),
            max_side=MAX_SIDE,
            seconds_per_tile=dict(forms.seconds_per_tile),
        )

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Load models, and measure how fast they are here."""
        options = AlchemyOptions.read(settings)
        forms = await asyncio.to_thread(load_forms, options)
        if not forms.by_name:
            raise BackendFailure(f"no model serves a form; the usual ones: {INSTALL}")
        backend = cls(forms, options.form_limit_s)
        log.info("worker.alchemy_loaded", forms=sorted(forms.by_name), max_tiles=backend.abilities.max_tiles)
        return backend

    @property
    def makers(self) -> Makers:
        """Alchemy."""
        return Makers(alchemy=self)

    async def close(self) -> None:
        """Nothing is held but memory."""

    async def work(
        self, form: str, source: Image.Image, payload: Mapping[str, Option]
    ) -> AsyncGenerator[AlchemyEvent, None]:
        """The result of one form, with its progress."""
        served = self._forms.by_name.get(form)
        if served is None:
            raise BackendFailure(f"{form} is not among the forms of this backend")

        def do(tell: Callable[[AlchemyEvent], None], should_stop: Callable[[], bool]) -> None:
            task = Task(source, FormOptions(payload), lambda done, of: tell(Progress(0, done, of)), should_stop)
            tell(AlchemyResult(served(task)))

        try:
            async with self._one_at_a_time, aclosing(events_of(do)) as events:
                async for event in events:
                    yield event
        except MemoryError as error:
            raise BackendFailure(f"{form}: there is not memory enough") from error
