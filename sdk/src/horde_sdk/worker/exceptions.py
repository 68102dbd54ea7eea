"""Errors in the life of a generation."""

from uuid import UUID

from horde_sdk.worker.consts import GENERATION_PROGRESS


class GenerationStateException(Exception):
    """A generation cannot be in the state that it was told to enter."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class GenerationStateErrorLimitExceeded(GenerationStateException, RuntimeError):
    """A generation failed in a state as often as it may: abort it.

    Attributes:
        generation_id: Which generation.
        error_limit: How often it may fail there.
        state: The state that it may not enter any more; `None` where nobody said.
        last_non_error_state: Where it failed last.
    """

    def __init__(
        self,
        generation_id: str | UUID,
        error_limit: int,
        last_non_error_state: GENERATION_PROGRESS,
        *,
        state: GENERATION_PROGRESS | None = None,
    ) -> None:
        exceeded = (
            f"the error limit of {error_limit}"
            if state is None
            else f"the maximum number of errors for state {state}: {error_limit}"
        )
        super().__init__(
            f"Generation {generation_id} has exceeded {exceeded}. Last non-error state was {last_non_error_state}."
        )
        self.generation_id = generation_id
        self.error_limit = error_limit
        self.state = state
        self.last_non_error_state = last_non_error_state
