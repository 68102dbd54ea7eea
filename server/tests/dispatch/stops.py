"""A horde that was stopped for long, without waiting: all that it wrote down is made to lie so far back."""

from __future__ import annotations

import psycopg

_LONG_AGO = (
    "UPDATE job SET started_at = started_at - %(ago)s, deadline = deadline - %(ago)s,"
    " settled_at = settled_at - %(ago)s",
    "UPDATE request SET created_at = created_at - %(ago)s, expires_at = expires_at - %(ago)s",
    "UPDATE interrogation SET created_at = created_at - %(ago)s, expires_at = expires_at - %(ago)s",
    "UPDATE worker SET last_check_in_at = last_check_in_at - %(ago)s, dropped_since = dropped_since - %(ago)s",
    "UPDATE webhook_delivery SET created_at = created_at - %(ago)s",
    "UPDATE horde_beat SET beat_at = now() - %(ago)s",
)


def stop_was_long(dsn: str, seconds: float) -> None:
    """The horde stopped so many seconds ago, just after a beat."""
    with psycopg.connect(dsn) as conn:
        for statement in _LONG_AGO:
            conn.execute(statement.replace("%(ago)s", "make_interval(secs => %(ago)s)").encode(), {"ago": seconds})
