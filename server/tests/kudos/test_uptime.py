"""The uptime reward is the original's, to the hundredth: every row of `kudos_uptime.csv` (kudos.md §5.3)."""

from __future__ import annotations

import csv
from pathlib import Path

from horde_server.kudos.uptime import ALCHEMY_UPTIME_HUNDREDTHS, image_uptime_hundredths, text_uptime_hundredths


def hundredths_of(row: dict[str, str]) -> int:
    """What we pay a worker like the one of this row."""
    match row["worker_type"]:
        case "image":
            return image_uptime_hundredths(int(row["models"]), allows_loras=row["allow_lora"] == "1")
        case "text":
            return text_uptime_hundredths(
                int(row["max_context_length"]),
                parameters_billions=float(row["param_billions"]) if row["model_known"] == "1" else None,
                is_validated_backend=row["backend_validated"] == "1",
            )
    return ALCHEMY_UPTIME_HUNDREDTHS


def test_every_recorded_reward_is_ours() -> None:
    with (Path(__file__).parent / "kudos_uptime.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["worker_type"] for row in rows} == {"image", "text", "interrogation"}
    differing = [row for row in rows if hundredths_of(row) != round(float(row["reward_per_600s"]) * 100)]
    assert differing == []
