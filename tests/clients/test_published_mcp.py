"""The client of MCP that most programs embed, as npm has it, against a real horde (gateway-mcp.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, node_place, run_client
from horde_processes import RunningHorde

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]


def test_the_npm_client_paints_and_writes(household: RunningHorde, tmp_path: Path) -> None:
    place = node_place("@modelcontextprotocol/sdk@1.32.2")
    node = shutil.which("node")
    assert node
    told = run_client([node, str(SCRIPTS / "mcp_program.mjs"), f"{household.url}/mcp", str(place)], household, tmp_path)
    assert told["tools"] == ["describe_image", "generate_image", "generate_text", "get_result", "list_models"]
    assert "Deliberate" in told["models"]
    assert told["picture"] == ["image/png", "text"]
    assert told["progress"] == sorted(told["progress"])
    assert told["text"].strip()
    is_error, sentence = told["unknown_model"]
    assert is_error
    assert "nobody's" in sentence
    assert told["wrong_arguments"] == -32602
    assert "401" in told["wrong_key"]
