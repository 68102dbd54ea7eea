"""From a pop's answer to a job of texts to embed: total and pure, whatever the horde sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from horde_worker.backends.embedding import EmbeddingJob
from horde_worker.kinds.hand_out import UnusableJob, job_ids, text_of, ttl_of
from horde_worker.tolerance import MAX_MODEL_CHARACTERS, finite_number, whole_text

MOST_TEXTS: Final = 2048
MOST_CHARACTERS: Final = 8_000_000
"""Of all texts. Hordes like ours hand out 256 texts and a MiB."""
MOST_DIMENSIONS: Final = 8192


def read_embedding_pop(answer: Mapping[str, Any]) -> EmbeddingJob | None:
    """The job in a pop's answer, or None when there is none. Raises `UnusableJob`."""
    ids = job_ids(answer)
    if not ids:
        return None
    payload = answer.get("payload")
    payload = payload if isinstance(payload, Mapping) else {}
    texts = payload.get("input")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UnusableJob("the job has no texts", ids)
    if len(texts) > MOST_TEXTS or sum(map(len, texts)) > MOST_CHARACTERS:
        raise UnusableJob("the texts are too many or too long", ids)
    return EmbeddingJob(
        ids=ids,
        model=text_of(answer.get("model"), MAX_MODEL_CHARACTERS),
        texts=tuple(map(whole_text, texts)),
        ttl_s=ttl_of(answer),
        dimensions=_dimensions(payload, ids),
    )


def _dimensions(payload: Mapping[str, Any], ids: tuple[str, ...]) -> int | None:
    said = payload.get("dimensions")
    if said is None:
        return None
    number = finite_number(said, 0.0)
    if not 1 <= number <= MOST_DIMENSIONS:
        raise UnusableJob("the number of dimensions is out of bounds", ids)
    return int(number)
