"""Ports that programs have built in (gateway.md §1.1): further sockets of the same server."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from horde_processes import free_port, running_horde

pytestmark = pytest.mark.acceptance


def said(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_same_horde_is_found_on_all_its_ports(tmp_path: Path, processes: str) -> None:
    ollama, kobold = free_port(), free_port()
    ports = json.dumps({"ollama": ollama, "kobold": kobold})
    with running_horde("serve", tmp_path, "--processes", processes, HORDE_DIALECT_PORTS=ports) as horde:
        assert said(f"{horde.url}/") == "OpenHorde is running"
        assert said(f"http://127.0.0.1:{ollama}/") == "Ollama is running"
        assert said(f"http://127.0.0.1:{kobold}/") == "OpenHorde is running"
        assert "horde/any-text" in said(f"http://127.0.0.1:{kobold}/v1/models")
