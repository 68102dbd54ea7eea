"""Runs with the published `aihordeclient`: a style with an example, and lists of styles; tells what it got as JSON.

Arguments: the key of an account that may make styles.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

import aihordeclient  # type: ignore[import-not-found]  # only where this runs
from aihordeclient import AiHordeClient, InformerFrontend

logging.disable(logging.CRITICAL)
KEY = sys.argv[1]
aihordeclient.API_ROOT = os.environ["AI_HORDE_URL"] + "v2/"  # all that its users change


class Informer(InformerFrontend):  # type: ignore[misc]
    """The plugin's side: remembers what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def show_message(self, message: str, url: str = "", title: str = "", buttons: int = 0) -> None:
        self.said.append(message)

    def show_error(self, message: str, url: str = "", title: str = "", buttons: int = 0) -> None:
        self.said.append(message)

    def has_asked_for_update(self) -> bool:
        return True

    def just_asked_for_update(self) -> None:
        pass

    def update_status(self, text: str, progress: float = 0.0) -> None:
        pass

    def set_finished(self) -> None:
        pass

    def path_store_directory(self) -> str:
        return str(Path.cwd())


def client() -> AiHordeClient:
    settings = {"api_key": KEY, "max_wait_minutes": 2}
    return AiHordeClient("1.0", "", "", "", settings, "openhorde-tests:1:example.org", Informer())


made = client().create_style(
    {
        "name": "woodcut",
        "info": "Black lines on paper.",
        "prompt": "a woodcut of {p}###{np}",
        "params": {"steps": 6, "width": 256, "height": 192, "sampler_name": "k_euler"},
        "models": ["Deliberate"],
        "tags": ["print"],
    }
)
example = client().add_sample_to_style(made["id"], "https://example.org/woodcut.webp", False)
listed = client().get_styles(sort="age", tag="print")
by_model = client().get_styles(model="Deliberate")
balance = client().get_balance()
told = {
    "message": made["message"],
    "example": bool(example["id"]),
    "listed": [(style["name"], style["creator"], style["tags"]) for style in listed],
    "examples": [each["url"] for style in listed for each in style["examples"]],
    "by_model": [style["name"] for style in by_model],
    "balance": balance,
}
print(json.dumps(told))
