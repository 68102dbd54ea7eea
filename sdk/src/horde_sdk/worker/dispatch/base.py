"""Dispatch parameters of any job: everything that is known besides how to do it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from horde_sdk.consts import KNOWN_DISPATCH_SOURCE, KNOWN_INFERENCE_BACKEND
from horde_sdk.worker.consts import REQUESTED_BACKEND_CONSTRAINTS


class DispatchParameterBase(BaseModel):
    """Where a job comes from, and what that place wants besides a result."""

    generation_ids: list[Any]
    """The place's ids of the results."""
    dispatch_source: KNOWN_DISPATCH_SOURCE | str = KNOWN_DISPATCH_SOURCE.LOCAL_CUSTOM_3RD_PARTY
    ttl: int | None = None
    """Seconds until the job is given to somebody else."""
    inference_backend: KNOWN_INFERENCE_BACKEND | str | None = None
    requested_backend_constraints: REQUESTED_BACKEND_CONSTRAINTS | str = REQUESTED_BACKEND_CONSTRAINTS.ANY
