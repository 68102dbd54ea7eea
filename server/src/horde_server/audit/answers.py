"""What is told of the audit trail (moderation.md §7)."""

from __future__ import annotations

from typing import Any

from horde_server.http.answers import Answer


class AuditSubject(Answer):
    """What was changed."""

    kind: str
    id: str


class _Told(Answer):
    id: int
    created: str
    action: str
    subject: AuditSubject
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str = ""
    key: int = 0


class AuditEntry(_Told):
    """An entry as moderators see it; fields with a default are left out where they are empty."""

    via: str
    actor: str = ""
    concerns: int = 0
    undone_by: int = 0
    is_undoable: bool


class OwnAuditEntry(_Told):
    """An entry as the user sees it whom it concerns: `by` is `you`, `a moderator`, `the operator` or `the horde`."""

    by: str
