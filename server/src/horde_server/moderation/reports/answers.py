"""What is told of reports (moderation.md §9)."""

from __future__ import annotations

from horde_server.http.answers import Answer


class ResultReport(Answer):
    """A report as moderators see it; `worker` and the accounts may be gone by now."""

    id: int
    created: str
    kind: str
    request: str
    generation: str
    model: str
    worker: str
    worker_name: str = ""
    owner: int
    requester: int
    reason: str
    text: str = ""
    state: str
    decided: str = ""
    decided_by: int = 0


class DecidedReport(Answer):
    """What was decided, and whether it was noted as a suspicion: nothing is against trusted owners."""

    state: str
    suspicion_noted: bool
    note_kept: bool
