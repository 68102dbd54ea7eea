"""The wire shapes of moderation (moderation.md §6)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ModesChange(BaseModel):
    """Modes to turn on or off; those that are left out stay as they are."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="HordeModesInput",
        json_schema_extra={"example": {"raid_mode": False}},
    )

    maintenance_mode: bool = False
    invite_only_mode: bool = False
    raid_mode: bool = False
