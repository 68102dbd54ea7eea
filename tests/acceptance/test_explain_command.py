"""`horde explain` against real servers: the same reasons on both, and what it suggests is what is missing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from horde_processes import PROGRAM, RunningHorde, clean_environment, start_horde, wait_until

from horde_sdk.explanations import RequestExplanation
from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

AGENT = "AI Horde Worker reGen:13.0.0:https://example.org"
ORDER: dict[str, Any] = {
    "prompt": "a lighthouse",
    "models": ["stable_diffusion"],
    "params": {"width": 1024, "height": 1024, "steps": 10, "loras": [{"name": "1"}]},
}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[RunningHorde, RunningHorde]]:
    """Two server processes on one database."""
    first = start_horde("serve", tmp_path / "first", HORDE_RATE_LIMITS="0")
    try:
        dsn = running_dsn(first.data)
        assert dsn is not None
        second = start_horde("serve", tmp_path / "second", "--database-url", dsn, HORDE_RATE_LIMITS="0")
        try:
            yield first, second
        finally:
            second.stop()
    finally:
        first.stop()


def explain(server: RunningHorde, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the terminal shows."""
    command = [str(PROGRAM), "explain", *arguments, "--horde", server.url]
    return subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=90, check=False)


def test_reasons_on_two_servers(servers: tuple[RunningHorde, RunningHorde]) -> None:
    """reasons.md §2.2: asked with the changes that are suggested, it is possible, whichever server is asked."""
    first, second = servers
    key = first.create_user("ada")["api_key"]
    offer = {"name": "small", "models": ["stable_diffusion"], "bridge_agent": AGENT, "max_pixels": 768 * 768}
    assert first.api("generate/pop", offer, key=key)[0] == 200
    status, asked = first.api("generate/async", ORDER, key=key)
    assert status == 202, asked

    def explained() -> RequestExplanation | None:
        done = explain(second, asked["id"], "--json")
        assert done.returncode == 0, done.stderr
        told = RequestExplanation.model_validate(json.loads(done.stdout))
        return told if told.parts[0].suggestions else None

    explanation = wait_until(explained, 60, "the second server knows the request and the worker")
    (suggestion,) = explanation.parts[0].suggestions
    assert suggestion.description == "Without LoRAs, at 768x768: 1 worker could serve it."
    shown = explain(first, asked["id"])
    assert suggestion.description in shown.stdout
    status, again = first.api("generate/async", suggestion.applied_to(ORDER), key=key)
    assert status == 202, again
    assert "warnings" not in again
    assert first.api(f"generate/check/{again['id']}")[1]["is_possible"] is True
    assert "done in" in explain(first, again["id"]).stdout
    unknown = explain(first, "00000000-0000-0000-0000-000000000000")
    assert unknown.returncode == 1
