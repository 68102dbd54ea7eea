"""What moderators are told of requests that they cancel (moderation.md §10)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class CancelledRequests(Answer):
    """So many requests were cancelled, or would be, and jobs of theirs that waited."""

    requests: int
    jobs: int
    dry_run: bool
