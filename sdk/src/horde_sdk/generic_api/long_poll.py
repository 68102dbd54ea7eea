"""Waiting for news on the server's side (RFC 7240, `Prefer: wait`), where the server offers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class LongPoll:
    """What one poll after another asks for, and whether the server does it.

    Attributes:
        wait_s: How long the answer may be held back until there is news; less than a second: do not ask.
        is_granted: Whether the last answer said that the preference was applied.
    """

    wait_s: float = 0.0
    is_granted: bool = False

    def header(self) -> dict[str, str]:
        """Return what to add to a request."""
        return {"Prefer": f"wait={int(self.wait_s)}"} if self.wait_s >= 1 else {}

    def note(self, preference_applied: str | None) -> None:
        """Take in the answer's header `Preference-Applied`."""
        granted = (preference_applied or "").lower().replace(",", " ").split()
        self.is_granted = any(one.partition("=")[0] == "wait" for one in granted)
