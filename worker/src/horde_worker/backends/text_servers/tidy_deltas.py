"""Deltas as OpenAI's own API gives them, where a program repeats in each what clients would put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class TidyDeltas:
    """Leaves out what says nothing: nulls, and the id and name of a call in each piece of its arguments."""

    def __init__(self) -> None:
        self._told: dict[object, tuple[object, object]] = {}

    def tidy(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        """The same, with all that is new in it."""
        found = {name: value for name, value in delta.items() if value is not None}
        calls = found.get("tool_calls")
        if isinstance(calls, list):
            found.pop("function_call", None)  # the same by its older name
            found["tool_calls"] = [
                self._tidy_call(call, place) if isinstance(call, Mapping) else call for place, call in enumerate(calls)
            ]
        return found

    def _tidy_call(self, call: Mapping[str, Any], place: int) -> dict[str, Any]:
        index = call.get("index", place)
        function = call.get("function")
        name = function.get("name") if isinstance(function, Mapping) else None
        who = (call.get("id"), name)
        found = {**call, "index": index}
        if index not in self._told:
            self._told[index] = who
        elif isinstance(function, Mapping) and who == self._told[index]:
            found = {"index": index, "function": {key: value for key, value in function.items() if key != "name"}}
        return found
