"""What goes wrong in the life of a generation."""

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
        last_non_error_state: Where it failed last.
    """

    def __init__(self, generation_id: str | UUID, error_limit: int, last_non_error_state: GENERATION_PROGRESS) -> None:
        super().__init__(
            f"Generation {generation_id} has exceeded the error limit of {error_limit}. "
            f"Last non-error state was {last_non_error_state}."
        )
        self.generation_id = generation_id
        self.error_limit = error_limit
        self.last_non_error_state = last_non_error_state
