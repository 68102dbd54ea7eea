"""A worker as the viewer may see it (accounts.md §3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from horde_server.dispatch.abilities import Abilities, decode_abilities
from horde_server.dispatch.capabilities import BIT
from horde_server.identity.directory import Account


def worker_body(row: dict[str, Any], viewer: Account | None) -> dict[str, Any]:
    """The worker as this viewer may see it: moderators and its owner see more. Keys without a value are left out."""
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
        "performance": _performance(row["kind"], row["speed"]),
        "threads": abilities.threads,
        "uptime": row["uptime_s"],
        "maintenance_mode": row["maintenance"],
        "info": row["info"],
        "trusted": row["trusted"],
        "flagged": row["flagged"],
        "nsfw": abilities.nsfw,
        "team": {"name": None, "id": None},
        "bridge_agent": abilities.bridge_agent,
        **_OF_KIND[row["kind"]](abilities, row["contributions"]),
    }
    is_moderator = viewer is not None and viewer.moderator
    is_owner = viewer is not None and viewer.id == row["account_id"]
    if row["public_workers"] or is_moderator or is_owner:
        body["owner"] = f"{row['username']}#{row['account_id']}"
    if is_moderator or is_owner:
        body.update(paused=row["paused"], suspicious=row["suspicious"], ipaddr=row["address"])
    if is_moderator:
        body["contact"] = row["contact"]
    return {name: value for name, value in body.items() if value is not None}


def _performance(kind: str, speed: float | None) -> str:
    if speed is None:
        return "No requests fulfilled yet"
    if kind == "interrogation":
        return f"{speed:.1f} seconds per form"
    return f"{speed:.1f} tokens per second" if kind == "text" else f"{speed / 1e6:.1f} megapixelsteps per second"


def _of_images(abilities: Abilities, pixelsteps: float) -> dict[str, Any]:
    can = abilities.capability_mask()
    return {
        "models": list(abilities.models),
        "max_pixels": abilities.max_pixels,
        "megapixelsteps_generated": round(pixelsteps / 1e6),
        "img2img": bool(abilities.allow_img2img and can & BIT["img2img"]),
        "painting": bool(abilities.allow_painting and can & BIT["inpainting"]),
        "post-processing": abilities.allow_post_processing,
        "controlnet": abilities.allow_controlnet,
        "sdxl_controlnet": abilities.allow_sdxl_controlnet,
        "lora": abilities.allow_lora,
    }


def _of_texts(abilities: Abilities, tokens: float) -> dict[str, Any]:
    return {
        "models": list(abilities.models),
        "max_length": abilities.max_length,
        "max_context_length": abilities.max_context_length,
        "tokens_generated": round(tokens),
    }


def _of_forms(abilities: Abilities, _: float) -> dict[str, Any]:
    """Who offers nothing is shown with what every alchemist can do, as the original does; it gets nothing."""
    return {"forms": list(abilities.models) or ["caption"]}


_OF_KIND: dict[str, Callable[[Abilities, float], dict[str, Any]]] = {
    "image": _of_images, "text": _of_texts, "interrogation": _of_forms,
}  # fmt: skip
