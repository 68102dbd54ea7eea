"""One generation's life in a worker: its states, results and safety check. Many threads may work on one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import auto
from typing import Generic, TypeVar, cast

from horde_sdk._text_enum import TextEnum
from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.generic import CompositeParametersBase
from horde_sdk.horde_logging import logger
from horde_sdk.safety import SafetyResult, SafetyRules, default_safety_rules
from horde_sdk.worker.batch_results import BatchResults
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    HordeWorkerConfigDefaults,
    base_generate_progress_transitions,
    black_box_generate_progress_transitions,
    generate_transitions,
    validate_generation_progress_transitions,
)
from horde_sdk.worker.generation_identity import GenerationIdentity
from horde_sdk.worker.generation_progress import GenerationProgress

GenerationResultTypeVar = TypeVar("GenerationResultTypeVar")

_P = GENERATION_PROGRESS

_WORK_DONE = frozenset({_P.GENERATION_COMPLETE, _P.POST_PROCESSING_COMPLETE})
_PAST_SAFETY_CHECK = frozenset({_P.PENDING_SUBMIT, _P.COMPLETE})
"""Where finished work does not go at once if it has to be checked, whatever its kind allows."""

_MADE_AGAIN = frozenset({_P.NOT_STARTED, _P.PRELOADING, _P.PRELOADING_COMPLETE, _P.GENERATING})
_PROCESSED_AGAIN = frozenset({_P.PENDING_POST_PROCESSING, _P.POST_PROCESSING})
"""States on the way to results; entered again after a failure, what the failed attempt made is dropped."""


class InputCollectionConstraint(TextEnum):
    """How many inputs a generation takes."""

    NONE = auto()
    single_only = auto()
    multiple_only = auto()
    single_or_multiple = auto()


class InputConstraintType(TextEnum):
    """What the inputs of a generation are."""

    IMAGE = auto()
    TEXT = auto()
    AUDIO = auto()
    VIDEO = auto()
    SPECIFIC_CLASS_TYPE = auto()


class HordeSingleGeneration(GenerationIdentity, GenerationProgress, ABC, Generic[GenerationResultTypeVar]):
    """One generation: what it is about, where it is, and what came of it.

    Whoever works on it tells it so (`on_generating()`, `on_generation_work_complete(result)`, …) and gets the state
    that it is in afterwards. A step that is not possible from where the generation is raises `ValueError` and changes
    nothing. All methods may be called from any thread.

    Attributes:
        generation_id: Which generation it is, here; a job gives it its own id.
        generation_parameters: What is asked for.
    """

    def __init__(
        self,
        *,
        generation_parameters: CompositeParametersBase,
        result_type: type[GenerationResultTypeVar] | None = None,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        result_ids: list[ID_TYPES] | None = None,
        requires_generation: bool = True,
        requires_post_processing: bool = False,
        post_processing_operations: Sequence[str] | None = None,
        requires_safety_check: bool = True,
        requires_submit: bool = True,
        safety_rules: SafetyRules = default_safety_rules,
        state_error_limits: Mapping[GENERATION_PROGRESS, int]
        | None = HordeWorkerConfigDefaults.DEFAULT_STATE_ERROR_LIMITS,
        generate_progress_transitions: Mapping[
            GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]
        ] = base_generate_progress_transitions,
        black_box_mode: bool = False,
        strict_transition_mode: bool = HordeWorkerConfigDefaults.DEFAULT_GENERATION_STRICT_TRANSITION_MODE,
        extra_logging: bool = True,
    ) -> None:
        """Begin a generation.

        Args:
            generation_parameters: What is asked for.
            result_type: What a result must be an instance of; left out, anything will do.
            generation_id: Left out, a new UUID.
            dispatch_result_ids: How the dispatcher calls the results, as many as it likes.
            result_ids: How the results are called; left out, as in the parameters, else new UUIDs.
            requires_generation: There is something to generate, rather than only to process.
            requires_post_processing: Results of the generation are processed further.
            post_processing_operations: What is done to them, in order.
            requires_safety_check: Results are checked before they leave.
            requires_submit: Results are sent to the dispatcher.
            safety_rules: Which results are dropped after the check.
            state_error_limits: How often it may fail in a state before it cannot enter it again; `None`: always.
            generate_progress_transitions: Each state to those that may follow it.
            black_box_mode: The backend does not show its inner steps: use the short table, and let finished work
                change the results only.
            strict_transition_mode: Entering the state that it is in is an error, rather than nothing.
            extra_logging: Log every step.

        Raises:
            ValueError: A table that leads nowhere, a wrong number of `result_ids`, or a requirement that this kind of
                generation cannot do without.
        """
        if self.does_class_require_generation() and not requires_generation:
            raise ValueError(f"requires_generation must be True for {type(self).__name__}")
        if self.does_class_require_safety_check() and not requires_safety_check:
            raise ValueError(f"requires_safety_check must be True for {type(self).__name__}")
        GenerationIdentity.__init__(
            self,
            generation_parameters,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            result_ids=result_ids,
            requires_generation=requires_generation,
            requires_post_processing=requires_post_processing,
            post_processing_operations=post_processing_operations,
            requires_safety_check=requires_safety_check,
            requires_submit=requires_submit,
            safety_rules=safety_rules,
            black_box_mode=black_box_mode,
        )
        GenerationProgress.__init__(
            self,
            self._table(generate_progress_transitions),
            error_limits=state_error_limits,
            strict=strict_transition_mode,
            extra_logging=extra_logging,
        )
        self._result_type = cast("type[GenerationResultTypeVar]", result_type or object)
        self._results: BatchResults[GenerationResultTypeVar] = BatchResults(self._result_ids, self._result_type)

    def _table(
        self, given: Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]]
    ) -> Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]]:
        if self._black_box_mode:
            given = generate_transitions(black_box_generate_progress_transitions, skip_submit=not self._requires_submit)
        elif given is base_generate_progress_transitions:
            given = generate_transitions(
                given,
                skip_submit=not self._requires_submit,
                can_skip_safety_checks=not self._requires_safety_check,
            )
        elif self._requires_safety_check:
            given = {
                state: [one for one in following if state not in _WORK_DONE or one not in _PAST_SAFETY_CHECK]
                for state, following in given.items()
            }
        if not validate_generation_progress_transitions(given):
            raise ValueError("generate_progress_transitions leads to states that have no row of their own")
        return given

    @classmethod
    @abstractmethod
    def default_generate_progress_transitions(
        cls,
    ) -> Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]]:
        """Return the usual table of this kind."""

    @classmethod
    @abstractmethod
    def default_generate_progress_transitions_no_submit(
        cls,
    ) -> Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]]:
        """Return the usual table of this kind where results stay here."""

    @classmethod
    @abstractmethod
    def does_class_require_generation(cls) -> bool:
        """Tell whether there is always something to generate."""

    @classmethod
    @abstractmethod
    def does_class_require_safety_check(cls) -> bool:
        """Tell whether results are always checked."""

    @property
    def result_type(self) -> type[GenerationResultTypeVar]:
        """What each result is an instance of."""
        return self._result_type

    def on_preloading(self) -> GENERATION_PROGRESS:
        """Note that models are being loaded."""
        return self.step(_P.PRELOADING)

    def on_preloading_complete(self) -> GENERATION_PROGRESS:
        """Note that models are loaded."""
        return self.step(_P.PRELOADING_COMPLETE)

    def on_generating(self) -> GENERATION_PROGRESS:
        """Note that work has begun."""
        return self.step(_P.GENERATING)

    def on_generation_work_complete(
        self, result: GenerationResultTypeVar | Collection[GenerationResultTypeVar] | None = None
    ) -> GENERATION_PROGRESS:
        """Note that work is done, and await what follows: post-processing, the safety check, submitting, or nothing.

        Args:
            result: The result, or those of the batch, where they were not set before.

        Raises:
            ValueError: It cannot be done now, or the results are not what they should be.
        """
        following = _P.PENDING_POST_PROCESSING if self._requires_post_processing else self._after_work()
        return self._on_work_complete(_P.GENERATION_COMPLETE, following, result)

    def on_post_processing(self) -> GENERATION_PROGRESS:
        """Note that results are being processed further."""
        return self.step(_P.POST_PROCESSING)

    def on_post_processing_complete(
        self, result: GenerationResultTypeVar | Collection[GenerationResultTypeVar] | None = None
    ) -> GENERATION_PROGRESS:
        """Note that processing is done, and await what follows: the safety check, submitting, or nothing.

        Args:
            result: The result, or those of the batch, where they were not set before.

        Raises:
            ValueError: It cannot be done now, or the results are not what they should be.
        """
        return self._on_work_complete(_P.POST_PROCESSING_COMPLETE, self._after_work(), result)

    def _on_work_complete(
        self,
        milestone: GENERATION_PROGRESS,
        following: GENERATION_PROGRESS,
        result: GenerationResultTypeVar | Collection[GenerationResultTypeVar] | None,
    ) -> GENERATION_PROGRESS:
        with self._steps() as entered:
            if not self._black_box_mode:
                self._states.check(milestone, self.generation_id)
            if result is not None:
                if following is _P.PENDING_POST_PROCESSING and not self._black_box_mode:
                    self.set_intermediate_work_result(result)
                else:
                    self.set_work_result(result)
            if self._black_box_mode:
                return self._states.current
            self._enter(milestone, entered)
            return self._enter(following, entered)

    def _after_work(self) -> GENERATION_PROGRESS:
        return _P.PENDING_SAFETY_CHECK if self._requires_safety_check else self._after_safety_check()

    def _after_safety_check(self) -> GENERATION_PROGRESS:
        return _P.PENDING_SUBMIT if self._requires_submit else _P.COMPLETE

    def on_pending_safety_check(self) -> GENERATION_PROGRESS:
        """Await the safety check."""
        return self.step(_P.PENDING_SAFETY_CHECK)

    def on_safety_checking(self) -> GENERATION_PROGRESS:
        """Note that results are being checked."""
        return self.step(_P.SAFETY_CHECKING)

    def on_safety_check_complete(self, batch_index: int, safety_result: SafetyResult) -> GENERATION_PROGRESS:
        """Note that one result is checked. Once all of the batch are, submitting is awaited, or all is done.

        A result that the rules censor is dropped: `generation_results` has `None` in its place.

        Args:
            batch_index: Which result, from 0.
            safety_result: What the check found.

        Raises:
            ValueError: There is no such result, or nothing is being checked.
        """
        with self._steps() as entered:
            self._results.require(batch_index)
            following = self._after_safety_check()
            milestone = following if self._black_box_mode else _P.SAFETY_CHECK_COMPLETE
            self._states.check(milestone, self.generation_id)
            self._results.judge(batch_index, safety_result, self._safety_rules)
            if not self._results.are_all_judged:
                return self._states.current
            self._enter(milestone, entered)
            return self._states.current if self._black_box_mode else self._enter(following, entered)

    def on_pending_submit(self) -> GENERATION_PROGRESS:
        """Note that results wait to be sent."""
        return self.step(_P.PENDING_SUBMIT)

    def on_submitting(self) -> GENERATION_PROGRESS:
        """Note that results are being sent."""
        return self.step(_P.SUBMITTING)

    def on_submit_complete(self) -> GENERATION_PROGRESS:
        """Note that results were accepted."""
        return self.step(_P.SUBMIT_COMPLETE)

    def on_complete(self) -> GENERATION_PROGRESS:
        """Note that nothing is left to do."""
        return self.step(_P.COMPLETE)

    def on_error(self, *, failed_message: str, failure_exception: Exception | None = None) -> GENERATION_PROGRESS:
        """Note that it failed; it may be tried again, as often as the limits of the state that it was in allow.

        Args:
            failed_message: What went wrong, for the log.
            failure_exception: What was raised.
        """
        return self._fail(_P.ERROR, failed_message, failure_exception)

    def on_abort(self, *, failed_message: str, failure_exception: Exception | None = None) -> GENERATION_PROGRESS:
        """Note that the generation is given up.

        Args:
            failed_message: What went wrong, for the log.
            failure_exception: What was raised.
        """
        return self._fail(_P.ABORTED, failed_message, failure_exception)

    def _fail(self, state: GENERATION_PROGRESS, message: str, exception: Exception | None) -> GENERATION_PROGRESS:
        with self._steps() as entered:
            before = self._states.current
            reached = self._enter(state, entered)
            logger.error("generation %s: %s in %s: %s (%s)", self.short_id, state, before, message, repr(exception))
            return reached

    def on_user_requested_abort(self) -> GENERATION_PROGRESS:
        """Note that the requester does not want it any more."""
        return self.step(_P.USER_REQUESTED_ABORT)

    def on_user_abort_complete(self) -> GENERATION_PROGRESS:
        """Note that work on it was stopped, as the requester wished."""
        return self.step(_P.USER_ABORT_COMPLETE)

    @property
    def generation_results(self) -> OrderedDict[ID_TYPES, GenerationResultTypeVar | None]:
        """The final results by id, as far as they are there; `None` where the safety check dropped one."""
        with self._lock:
            return OrderedDict(self._results.final)

    @property
    def intermediate_results(self) -> OrderedDict[ID_TYPES, GenerationResultTypeVar | None]:
        """The results by id that are still to be processed."""
        with self._lock:
            return OrderedDict(self._results.intermediate)

    def set_work_result(self, result: GenerationResultTypeVar | Collection[GenerationResultTypeVar]) -> None:
        """Add one or several final results of the batch.

        Raises:
            ValueError: One is of another type, or there are more than the batch has.
        """
        with self._lock:
            self._results.add(self._results.checked(result, intermediate=False), intermediate=False)

    def set_intermediate_work_result(
        self, result: GenerationResultTypeVar | Collection[GenerationResultTypeVar]
    ) -> None:
        """Add one or several results of the batch that are to be processed further.

        Raises:
            ValueError: One is of another type, or there are more than the batch has.
        """
        with self._lock:
            self._results.add(self._results.checked(result, intermediate=True), intermediate=True)

    def get_safety_check_results(self) -> list[SafetyResult | None]:
        """Return what the safety check found, for each result of the batch, `None` where it is not done."""
        with self._lock:
            return list(self._results.safety)

    def is_safety_checking_done_on_all_batch(self) -> bool:
        """Tell whether every result of the batch was checked."""
        with self._lock:
            return self._results.are_all_judged

    def _try_again_at(self, state: GENERATION_PROGRESS) -> None:
        if state in _MADE_AGAIN | _PROCESSED_AGAIN:
            self._results.forget(intermediate=state in _MADE_AGAIN)
