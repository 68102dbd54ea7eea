"""A worker as the viewer may see it (workers.md §11.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from horde_server.dispatch.abilities import Abilities, decode_abilities
from horde_server.dispatch.kind import WorkerRules
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.moderation.suspicion import SUSPICIOUS_FROM, reason_name


def worker_body(
    row: dict[str, Any], kind: WorkerRules, viewer: Caller, messages: Sequence[msgspec.Raw]
) -> dict[str, Any]:
    """The worker as this viewer may see it: moderators and its owner see more. Keys without a value are left out.

    `messages`: what is told to this worker by name.
    """
    abilities: Abilities = decode_abilities(row["abilities"])
    body: dict[str, Any] = {
        "type": row["kind"],
        "name": row["name"],
        "id": str(row["id"]),
        "online": row["online"],
        "requests_fulfilled": row["fulfilments"],
        "uncompleted_jobs": row["uncompleted_jobs"],
        "kudos_rewards": (row["kudos_generated_hundredths"] + row["kudos_uptime_hundredths"]) / 100,
        "kudos_details": {
            "generated": row["kudos_generated_hundredths"] / 100,
            "uptime": round(row["kudos_uptime_hundredths"] / 100),
        },
        "performance": "No requests fulfilled yet" if row["speed"] is None else kind.speed_in_words(row["speed"]),
        "threads": abilities.threads,
        "uptime": row["uptime_s"],
        "maintenance_mode": row["maintenance"],
        "info": row["info"],
        "trusted": row["trusted"],
        "flagged": row["flagged"],
        "nsfw": abilities.nsfw,
        "team": {"name": row["team_name"], "id": str(row["team_id"]) if row["team_id"] else None},
        "bridge_agent": abilities.bridge_agent,
        **kind.shown(abilities, row["contributions"]),
    }
    is_moderator = viewer.may(Right.MODERATE)
    is_owner = viewer.may(Right.READ_OWN) and viewer.user.id == row["account_id"]
    if row["public_workers"] or is_moderator or is_owner:
        body["owner"] = f"{row['username']}#{row['account_id']}"
        body["messages"] = messages
    if is_moderator or is_owner:
        body.update(paused=row["paused"], suspicious=row["suspicious"], ipaddr=row["address"])
        body["paused_reason"] = _why_paused(row)
        body["suspicions"] = list(map(reason_name, row["suspicions"])) or None
    if is_moderator:
        body.update(contact=row["contact"], moderators_note=row["moderators_note"])
    return {name: value for name, value in body.items() if value is not None}


def _why_paused(row: dict[str, Any]) -> str | None:
    """What its owner can do something about: a moderator's words, or the suspicions that paused it."""
    if not row["paused"]:
        return None
    if row["paused_reason"] or row["suspicious"] < SUSPICIOUS_FROM:
        return row["paused_reason"] or "A moderator paused this worker: please ask one why."
    return f"Paused by itself after {row['suspicious']} suspicions: please ask a moderator to look at it."
