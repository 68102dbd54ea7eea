"""The table of requests, endpoints and answers (`requests.csv`), and the class of a row."""

from __future__ import annotations

import csv
from pathlib import Path

from horde_sdk.ai_horde_api import apimodels
from horde_sdk.generic_api.apimodels import HordeRequest

with (Path(__file__).parent / "requests.csv").open(encoding="utf-8", newline="") as file:
    REQUESTS = list(csv.DictReader(file))


def the_class(row: dict[str, str]) -> type[HordeRequest]:
    found: type[HordeRequest] = getattr(apimodels, row["request"])
    return found


def operation_of(row: dict[str, str]) -> str:
    """Such as `POST /v2/teams`."""
    return f"{row['verb']} {row['endpoint']}"
