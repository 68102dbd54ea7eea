"""Rules that may be against asking for work, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from horde_worker.kinds.interface import Kind


class Rule(Protocol):
    """One concern. Asked before every pop, and every few seconds while it is against it."""

    async def reason(self, jobs_in_hand: int) -> str:
        """Why no work is to be asked for now, in words for the owner; empty where nothing is against it."""


class Gate:
    """All rules of a worker; the first that has a reason counts."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    async def reason(self, jobs_in_hand: int) -> str:
        """Why the gate is closed; empty where it is open."""
        for rule in self._rules:
            if reason := await rule.reason(jobs_in_hand):
                return reason
        return ""


class Readiness:
    """The backend has to be there."""

    def __init__(self, kind: Kind[Any, Any]) -> None:
        self._kind = kind

    async def reason(self, jobs_in_hand: int) -> str:
        return self._kind.unready
