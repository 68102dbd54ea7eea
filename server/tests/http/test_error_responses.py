"""What is logged of a failure that nobody expected."""

from __future__ import annotations

import psycopg
import pytest
from structlog.testing import capture_logs

from horde_server.http.error_responses import answer_to

KEY = "11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize("error", [RuntimeError("a defect"), psycopg.OperationalError("away")])
def test_a_shared_key_stands_in_no_log(error: Exception) -> None:
    """keys.md §4.1: its id, which is a part of the path, is the key."""
    with capture_logs() as logs:
        answer_to(error, f"/api/v2/sharedkeys/{KEY}")
        answer_to(error, "/api/v2/workers/7")
    assert [entry["path"] for entry in logs] == ["/api/v2/sharedkeys/…", "/api/v2/workers/7"]
