"""Rate limits, as hordes put them into the message of a 429, in words."""

from __future__ import annotations

import re

_RATE = re.compile(r"(\d{1,6}) per (\d{1,6}) (second|minute|hour|day)s?\.?")


def rate_in_words(message: str) -> str | None:
    """Return what `2 per 1 second` and its like mean; `None` where a message is something else."""
    found = _RATE.fullmatch(message.strip())
    if found is None:
        return None
    calls, count, unit = found.groups()
    number = "1 call" if calls == "1" else f"{calls} calls"
    return f"the horde allows {number} {'a ' + unit if count == '1' else f'in {count} {unit}s'}"
