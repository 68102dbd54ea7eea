"""A job: one generation, who wants it, and how patiently it is done."""

from __future__ import annotations

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import auto
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, Field

from horde_sdk._text_enum import TextEnum
from horde_sdk.consts import ID_TYPES, WORKER_TYPE
from horde_sdk.generation_parameters.generic import CompositeParametersBase
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    WORKER_ERRORS,
    HordeWorkerConfigDefaults,
    finalized_generation_states,
)
from horde_sdk.worker.generations_base import HordeSingleGeneration

SingleGenerationTypeVar = TypeVar("SingleGenerationTypeVar", bound=HordeSingleGeneration[Any])
ComposedParameterSetTypeVar = TypeVar("ComposedParameterSetTypeVar", bound=CompositeParametersBase)

_D = HordeWorkerConfigDefaults
_DELIVERED = {GENERATION_PROGRESS.SUBMIT_COMPLETE, GENERATION_PROGRESS.COMPLETE}


class JOB_EXECUTION_MODE(TextEnum):
    """What becomes of a job's results."""

    LOCAL_ONLY = auto()
    SUBMIT_TO_API = auto()


class HordeWorkerJobConfig(BaseModel):
    """How patiently a job is done."""

    max_consecutive_failed_job_submits: int = Field(
        default=_D.DEFAULT_MAX_CONSECUTIVE_FAILED_JOB_SUBMITS,
        ge=1,
        le=_D.UNREASONABLE_MAX_CONSECUTIVE_FAILED_JOB_SUBMITS,
    )
    """How often submitting may fail in a row."""
    max_generation_failures: int = Field(
        default=_D.DEFAULT_MAX_GENERATION_FAILURES,
        ge=0,
        le=_D.UNREASONABLE_MAX_GENERATION_FAILURES,
    )
    """How often generating may fail."""
    job_submit_retry_delay: float = Field(default=_D.DEFAULT_JOB_SUBMIT_RETRY_DELAY, ge=0)
    """Seconds between two tries to submit."""
    state_error_limits: dict[GENERATION_PROGRESS, int] = Field(
        default_factory=lambda: dict(_D.DEFAULT_STATE_ERROR_LIMITS)
    )
    """How often the generation may fail in a state before it cannot enter it again."""
    generation_strict_transition_mode: bool = _D.DEFAULT_GENERATION_STRICT_TRANSITION_MODE
    """Entering the state that the generation is in is an error, rather than nothing."""
    upload_timeout: float = Field(default=_D.DEFAULT_UPLOAD_TIMEOUT, ge=0)
    """Seconds that an upload may take."""
    max_retries: int = Field(default=_D.DEFAULT_MAX_RETRIES, ge=0)
    """How often a call is tried again."""
    retry_delay: float = Field(default=_D.DEFAULT_RETRY_DELAY, ge=0)
    """Seconds between two tries of a call."""
    result_image_format: str = _D.DEFAULT_RESULT_IMAGE_FORMAT
    """The file format of images, as Pillow calls it."""
    result_image_quality: int = Field(default=_D.DEFAULT_RESULT_IMAGE_QUALITY, ge=1, le=100)
    """Their quality."""
    result_image_pil_method: int = Field(default=_D.DEFAULT_RESULT_IMAGE_PIL_METHOD, ge=0)
    """Pillow's `method`: the higher, the slower and smaller."""


class HordeWorkerJob(ABC, Generic[SingleGenerationTypeVar, ComposedParameterSetTypeVar]):
    """What a worker does for somebody: one generation, and what is to be known around it.

    Attributes:
        time_spent_generating: Seconds; the worker sets it.
        time_to_download_aux_models: Seconds; the worker sets it.
    """

    time_spent_generating: float = 0.0
    time_to_download_aux_models: float = 0.0

    def __init__(
        self,
        generation: SingleGenerationTypeVar,
        generation_cls: type[SingleGenerationTypeVar],
        job_id: ID_TYPES | None = None,
        *,
        dispatch_job_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        job_config: HordeWorkerJobConfig | None = None,
        time_received: float | None = None,
        preserve_generation_id: bool = False,
    ) -> None:
        """Take over a generation.

        Args:
            generation: What is to be done.
            generation_cls: Its kind.
            job_id: What the job is called here; left out, a new UUID, or the generation's id if it is preserved.
            dispatch_job_id: What the dispatcher calls it.
            dispatch_result_ids: What the dispatcher calls its results; left out, what the generation says, else
                `dispatch_job_id` alone: a dispatcher with one id for a job expects its result by that id.
            job_config: How patiently it is done.
            time_received: When it came, in seconds since the epoch.
            preserve_generation_id: Let the generation keep its id; it is called like the job otherwise.

        Raises:
            TypeError: The generation is of another kind.
        """
        if not isinstance(generation, generation_cls):
            raise TypeError(
                f"{type(self).__name__} does a {generation_cls.__name__}, not a {type(generation).__name__}"
            )
        self._generation = generation
        self._generation_cls = generation_cls
        self._job_config = job_config or HordeWorkerJobConfig()
        self._time_received = time_received
        self._dispatch_job_id = dispatch_job_id
        self._faulted_reason: WORKER_ERRORS | None = None
        self._faulted_at: float | None = None
        self._time_submitted: float | None = None
        if dispatch_result_ids is None and dispatch_job_id is not None and generation.dispatch_result_ids is None:
            dispatch_result_ids = [dispatch_job_id]
        if dispatch_result_ids is not None:
            generation.set_dispatch_result_ids(dispatch_result_ids)
        if job_id is None:
            job_id = generation.generation_id if preserve_generation_id else str(uuid.uuid4())
        self._job_id: ID_TYPES = job_id
        if not preserve_generation_id:
            generation.generation_id = job_id
        generation.register_callback(GENERATION_PROGRESS.SUBMIT_COMPLETE, self._note_submitted)

    def _note_submitted(self) -> None:
        self._time_submitted = time.time()

    @property
    def generation_cls(self) -> type[SingleGenerationTypeVar]:
        """The kind of the generation."""
        return self._generation_cls

    @property
    def generation_parameters_cls(self) -> type[ComposedParameterSetTypeVar]:
        """The kind of the generation's parameters."""
        return cast("type[ComposedParameterSetTypeVar]", type(self._generation.generation_parameters))

    @property
    def generation(self) -> SingleGenerationTypeVar:
        """What is to be done, and how far it is."""
        return self._generation

    @property
    def job_config(self) -> HordeWorkerJobConfig:
        """How patiently it is done."""
        return self._job_config

    @property
    def job_id(self) -> ID_TYPES:
        """What the job is called here."""
        return self._job_id

    @property
    def local_job_id(self) -> ID_TYPES:
        """What the job is called here."""
        return self._job_id

    @property
    def dispatch_job_id(self) -> ID_TYPES | None:
        """What the dispatcher calls it, `None` where there is no dispatcher."""
        return self._dispatch_job_id

    def set_dispatch_job_id(self, dispatch_job_id: ID_TYPES | None) -> None:
        """Say what the dispatcher calls it."""
        self._dispatch_job_id = dispatch_job_id

    @classmethod
    @abstractmethod
    def job_worker_type(cls) -> WORKER_TYPE:
        """Return the kind of worker that does such jobs."""

    @property
    def time_received(self) -> float | None:
        """When it came, in seconds since the epoch."""
        return self._time_received

    @property
    def time_since_received(self) -> float | None:
        """Seconds since it came."""
        return None if self._time_received is None else time.time() - self._time_received

    @property
    def time_submitted(self) -> float | None:
        """When its results were accepted, in seconds since the epoch."""
        return self._time_submitted

    @property
    def job_identifier_string(self) -> str:
        """What to call it in a log."""
        return f"{self._generation.generation_id}:{[str(result_id) for result_id in self._generation.result_ids]}"

    @property
    def faulted_reason(self) -> WORKER_ERRORS | None:
        """Why the job was given up; `None` where it was not."""
        return self._faulted_reason

    @property
    def faulted_at(self) -> float | None:
        """When the job was given up, in seconds since the epoch."""
        return self._faulted_at

    @property
    def is_faulted(self) -> bool:
        """Whether the job was given up."""
        return self._faulted_at is not None

    @property
    def should_censor_nsfw(self) -> bool:
        """Whether results that are not safe for work are dropped."""
        return self._generation.safety_rules.should_censor_nsfw

    def set_job_faulted(self, faulted_reason: WORKER_ERRORS, failure_exception: Exception | None = None) -> None:
        """Give it up: its generation is aborted.

        Args:
            faulted_reason: Why.
            failure_exception: What was raised.

        Raises:
            ValueError: It was finished or given up before.
        """
        self._generation.on_abort(
            failed_message=f"job {self._job_id} faulted: {faulted_reason}", failure_exception=failure_exception
        )
        self._faulted_reason = faulted_reason
        self._faulted_at = time.time()

    @property
    def is_job_finalized(self) -> bool:
        """Nothing is owed to the dispatcher any more."""
        progress = self._generation.get_generation_progress()
        return progress in finalized_generation_states or progress in _DELIVERED

    @property
    def job_completed_successfully(self) -> bool:
        """Its results were accepted, or stay here and are complete."""
        return self._generation.get_generation_progress() in _DELIVERED
