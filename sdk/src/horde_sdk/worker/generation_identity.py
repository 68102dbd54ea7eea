"""The identity of a generation: parameters, ids, and the states that it goes through."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.generic import CompositeParametersBase
from horde_sdk.safety import SafetyRules

_SHORT_ID_LENGTH = 8


class GenerationIdentity:
    """The part of a generation that does not depend on how far it is.

    Attributes:
        generation_id: Which generation it is, here; a job gives it its own id.
        generation_parameters: What is asked for.
    """

    def __init__(
        self,
        generation_parameters: CompositeParametersBase,
        *,
        generation_id: ID_TYPES | None,
        dispatch_result_ids: Sequence[ID_TYPES] | None,
        result_ids: Sequence[ID_TYPES] | None,
        requires_generation: bool,
        requires_post_processing: bool,
        post_processing_operations: Sequence[str] | None,
        requires_safety_check: bool,
        requires_submit: bool,
        safety_rules: SafetyRules,
        black_box_mode: bool,
    ) -> None:
        self.generation_id: ID_TYPES = str(uuid.uuid4()) if generation_id is None else generation_id
        self.generation_parameters = generation_parameters
        self._requires_generation = requires_generation
        self._requires_post_processing = requires_post_processing
        self._post_processing_operations = tuple(post_processing_operations or ())
        self._requires_safety_check = requires_safety_check
        self._requires_submit = requires_submit
        self._safety_rules = safety_rules
        self._black_box_mode = black_box_mode
        self._result_ids = self._ids_for_batch(result_ids)
        self._dispatch_result_ids: list[ID_TYPES] | None = None
        self.set_dispatch_result_ids(dispatch_result_ids)

    def _ids_for_batch(self, given: Sequence[ID_TYPES] | None) -> list[ID_TYPES]:
        count = self.batch_size
        if given is None:
            given = getattr(self.generation_parameters, "result_ids", None)
        if given is None and (single := getattr(self.generation_parameters, "result_id", None)):
            given = [single]
        if given is None:
            given = [uuid.uuid4() for _ in range(count)]
        if len(given) != count:
            raise ValueError(f"Batch IDs length {len(given)} does not match batch size {count}")
        return list(given)

    @property
    def batch_size(self) -> int:
        """How many results there are to be."""
        return self.generation_parameters.get_number_expected_results()

    @property
    def result_ids(self) -> list[ID_TYPES]:
        """How the results are called, in order."""
        return list(self._result_ids)

    @property
    def dispatch_result_ids(self) -> list[ID_TYPES] | None:
        """How the dispatcher calls the results, `None` where it did not say. It need not name each."""
        return None if self._dispatch_result_ids is None else list(self._dispatch_result_ids)

    def set_dispatch_result_ids(self, dispatch_result_ids: Sequence[ID_TYPES] | None) -> None:
        """Say how the dispatcher calls the results, in their order.

        Its count is its own: one id may stand for a whole batch, and a list may name results that are not made here.
        """
        self._dispatch_result_ids = None if dispatch_result_ids is None else list(dispatch_result_ids)

    @property
    def short_id(self) -> str:
        """The beginning of the id, for logs."""
        return str(self.generation_id)[:_SHORT_ID_LENGTH]

    @property
    def black_box_mode(self) -> bool:
        """The backend does not show its inner steps."""
        return self._black_box_mode

    @property
    def requires_generation(self) -> bool:
        """There is something to generate."""
        return self._requires_generation

    @property
    def requires_post_processing(self) -> bool:
        """Results of the generation are processed further."""
        return self._requires_post_processing

    @property
    def post_processing_operations(self) -> tuple[str, ...]:
        """What is done to them, in order."""
        return self._post_processing_operations

    @property
    def requires_safety_check(self) -> bool:
        """Results are checked before they leave."""
        return self._requires_safety_check

    @property
    def requires_submit(self) -> bool:
        """Results are sent to the dispatcher."""
        return self._requires_submit

    @property
    def safety_rules(self) -> SafetyRules:
        """Which results are dropped after the check."""
        return self._safety_rules
