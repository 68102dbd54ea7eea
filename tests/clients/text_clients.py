"""What the tests of clients of texts share."""

from __future__ import annotations

from horde_processes import RunningHorde, wait_until

MODEL = "koboldcpp/LLaMA2-13B-Psyfighter2"
"""That the demo worker serves under this name."""
ABSENT = "koboldcpp/Mistral-7B-Instruct-v0.2"
"""That is in the catalogue, and that nobody serves."""


def nothing_waits(horde: RunningHorde) -> None:
    """Whoever went away waits no more: what it asked for was cancelled at once."""
    wait_until(lambda: horde.api("status/performance")[1]["queued_text_requests"] == 0, 5, "the request is cancelled")


def is_served(horde: RunningHorde, model: str) -> bool:
    """Whether a worker serves it now."""
    _, listed = horde.api("status/models?type=text")
    return any(each["name"] == model and each["count"] for each in listed)
