"""The body by which vectors are handed in, or given back."""

from __future__ import annotations

import base64
import math
import sys
from array import array

from pydantic import Field

from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.embedding_jobs import EmbeddingSubmitRequest
from horde_worker.backends.embedding import EmbeddingJob, EmbeddingResult
from horde_worker.backends.events import BackendFailure


class EmbeddingSubmit(EmbeddingSubmitRequest):
    """The SDK's submit, with the id as the horde gave it, whatever it looks like."""

    id_: str = Field(alias="id")  # type: ignore[assignment]  # of a UUID


def embedding_submit(job: EmbeddingJob, result: EmbeddingResult) -> EmbeddingSubmit:
    """What to send to `POST /generate/embedding/submit`. Raises `BackendFailure` for what is no answer to the job."""
    if len(result.vectors) != len(job.texts):
        raise BackendFailure(f"{len(result.vectors)} vectors for {len(job.texts)} texts")
    vectors = [_as_long_as(vector, job.dimensions) for vector in result.vectors]
    if len({len(vector) for vector in vectors}) != 1 or not vectors[0]:
        raise BackendFailure("vectors of different lengths")
    if not all(math.isfinite(number) for vector in vectors for number in vector):
        raise BackendFailure("a vector with numbers that are none")
    told = {} if result.tokens is None else {"tokens": result.tokens}
    return EmbeddingSubmit(
        id=job.ids[0], vectors=[_encoded(vector) for vector in vectors], state=GENERATION_STATE.ok, **told
    )


def embedding_fault(job_id: str) -> EmbeddingSubmit:
    """What to send where there are none."""
    return EmbeddingSubmit(id=job_id, vectors=[], state=GENERATION_STATE.faulted)


def _as_long_as(vector: array[float], dimensions: int | None) -> array[float]:
    """The first numbers of a vector, of length one again: what is said to be the use of `dimensions`."""
    if dimensions is None or dimensions == len(vector):
        return vector
    if dimensions > len(vector):
        raise BackendFailure(f"the model makes vectors of {len(vector)} numbers, not of {dimensions}")
    kept = vector[:dimensions]
    length = math.sqrt(math.fsum(number * number for number in kept))
    return array("f", (number / length for number in kept)) if length else kept


def _encoded(vector: array[float]) -> str:
    if sys.byteorder == "big":
        vector = array("f", vector)
        vector.byteswap()
    return base64.b64encode(vector.tobytes()).decode()
