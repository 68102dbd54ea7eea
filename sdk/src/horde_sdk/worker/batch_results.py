"""The results of one generation, one per id of its batch. Not for threads: `HordeSingleGeneration` holds the lock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Generic, TypeVar, cast

from horde_sdk.consts import ID_TYPES
from horde_sdk.safety import SafetyResult, SafetyRules

ResultT = TypeVar("ResultT")


class BatchResults(Generic[ResultT]):
    """Results by id: those between two stages, the final ones, and what the safety check says about them."""

    def __init__(self, result_ids: Sequence[ID_TYPES], result_type: type[ResultT]) -> None:
        self._result_ids = list(result_ids)
        self._result_type = result_type
        self.final: OrderedDict[ID_TYPES, ResultT | None] = OrderedDict()
        self.intermediate: OrderedDict[ID_TYPES, ResultT | None] = OrderedDict()
        self.safety: list[SafetyResult | None] = [None] * len(self._result_ids)

    def checked(self, result: ResultT | Collection[ResultT], *, intermediate: bool) -> list[ResultT]:
        """Return one result or several as a list that `add` takes.

        Raises:
            ValueError: One is of another type, or there are more than the batch has.
        """
        results = [cast(ResultT, result)] if self._is_one(result) else list(cast("Collection[ResultT]", result))
        for one in results:
            if not isinstance(one, self._result_type):
                raise ValueError(f"Result type {type(one)} does not match expected type {self._result_type}")
        held, size = len(self.intermediate if intermediate else self.final), len(self._result_ids)
        if held + len(results) > size:
            raise ValueError(
                f"Generation result list is full ({held} of {size}), cannot add {len(results)} more results"
            )
        return results

    def _is_one(self, result: object) -> bool:
        if isinstance(result, (str, bytes, bytearray)) or not isinstance(result, Collection):
            return True
        return self._result_type is not object and isinstance(result, self._result_type)

    def add(self, results: Sequence[ResultT], *, intermediate: bool) -> None:
        """Give the next ids of the batch their results."""
        held = self.intermediate if intermediate else self.final
        for result_id, result in zip(self._result_ids[len(held) :], results, strict=False):
            held[result_id] = result

    def forget(self, *, intermediate: bool) -> None:
        """Drop the final results, as the work that made them is done again."""
        self.final.clear()
        self.safety = [None] * len(self._result_ids)
        if intermediate:
            self.intermediate.clear()

    def require(self, batch_index: int) -> None:
        """Raise unless there is a result to be checked.

        Raises:
            ValueError: The batch has no such result, or not yet.
        """
        if not 0 <= batch_index < len(self.final):
            raise ValueError("Generation result must be set before setting safety check result")

    def judge(self, batch_index: int, safety_result: SafetyResult, rules: SafetyRules) -> None:
        """Keep what the safety check says, and drop a result that the rules censor."""
        self.require(batch_index)
        self.safety[batch_index] = safety_result
        if rules.should_censor(safety_result):
            self.final[self._result_ids[batch_index]] = None

    @property
    def are_all_judged(self) -> bool:
        return all(verdict is not None for verdict in self.safety)
