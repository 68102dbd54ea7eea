"""What is logged, by us or by libraries, has one form; and addresses and keys are not in it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from horde_server.process.logs import hidden

SPEAKER = """
import logging, warnings
from horde_server.process.logs import configure_logs
configure_logs()
import structlog
structlog.get_logger().info("ours.event", worker="w")
logging.getLogger("some.library").info("not of interest")
logging.getLogger("some.library").warning("cannot reach %s", "10.1.2.3")
logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "openhorde", "refused")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("uvicorn.error").exception("it failed")
logging.getLogger("odd").warning("%d", "no number")
warnings.warn("something is old")
"""


def test_lines_of_libraries_have_the_form_of_ours() -> None:
    """Psycopg's pool wrote plain lines among the JSON lines."""
    run = subprocess.run([sys.executable, "-c", SPEAKER], capture_output=True, text=True, timeout=60, check=True)
    formed = [line for line in run.stderr.splitlines() if line.startswith("{")]
    events = [json.loads(line) for line in formed]
    assert [(event["event"], event.get("library")) for event in events] == [
        ("ours.event", None),
        ("library.said", "some.library"),
        ("library.said", "uvicorn.error"),
        ("library.said", "odd"),
        ("library.said", "py.warnings"),
    ]
    assert events[1]["text"] == "cannot reach …"
    assert events[1]["level"] == "warning"
    assert "ZeroDivisionError" in events[2]["exception"]


@pytest.mark.parametrize(
    "secret",
    [
        "192.0.2.7",
        "2001:db8::7",
        "::1",
        "fe80::1%eth0",
        "AbCdEfGhIjKlMnOpQrSt12",
        "a1-_EfGhIjKlMnOpQrStUv",
    ],
)
@pytest.mark.parametrize("around", ["{}", 'server at "{}", port 5432 failed', "({}) [{}]", "apikey={},"])
def test_addresses_and_keys_are_hidden(secret: str, around: str) -> None:
    text = around.format(secret, secret)
    assert secret not in hidden(text)


def test_passwords_of_a_connection_are_hidden() -> None:
    assert hidden("postgresql://horde:s3cret@db/horde") == "postgresql://…db/horde"
    assert hidden("host=db password=s3cret dbname=horde") == "host=db password=… dbname=horde"


@pytest.mark.parametrize(
    "text",
    [
        "Invalid HTTP request received.",
        "at 12:30:05 the pool openhorde grew to 4",
        "ratio 1:2, std::vector, version 16.4",
        "discarded_connections_of_the_pool",
        "horde_server.database.pool",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert hidden(text) == text
