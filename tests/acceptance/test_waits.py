"""Answers that are held back (`Prefer: wait`) over real connections: one that dies, and a server that stops."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from horde_processes import RunningHorde, running_horde

pytestmark = pytest.mark.acceptance

POP = {"models": ["stable_diffusion"], "bridge_agent": "AI Horde Worker reGen:13:x", "max_pixels": 1_048_576}


def held_back(horde: RunningHorde, method: str, path: str, body: object = None, *, key: str = "") -> socket.socket:
    """A connection whose answer the server holds back."""
    place = urlsplit(horde.url)
    assert place.hostname
    assert place.port
    raw = json.dumps(body).encode() if body is not None else b""
    connection = socket.create_connection((place.hostname, place.port), timeout=60)
    connection.sendall(
        f"{method} /api/v2/{path} HTTP/1.1\r\nHost: horde\r\nPrefer: wait=50\r\napikey: {key}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n".encode()
        + raw
    )
    connection.settimeout(0.5)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(60)
    return connection


def rest(connection: socket.socket) -> tuple[bytes, dict[str, object]]:
    """Status line and body of the answer."""
    raw = b""
    with connection:
        while piece := connection.recv(65536):
            raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], json.loads(body)


def test_a_worker_that_went_gets_no_job_and_the_next_gets_it(tmp_path: Path) -> None:
    with running_horde("serve", tmp_path) as horde:
        owner = horde.create_user("owner", trusted=True)
        gone = held_back(horde, "POST", "generate/pop", {**POP, "name": "one that goes"}, key=owner["api_key"])
        gone.close()
        time.sleep(0.3)  # the news of it is under way
        waits = held_back(horde, "POST", "generate/pop", {**POP, "name": "one that stays"}, key=owner["api_key"])
        status, asked = horde.api("generate/async", {"prompt": "a lighthouse"}, key="0000000000")
        assert status == 202, asked
        began = time.monotonic()
        line, answer = rest(waits)
        assert b" 200 " in line
        assert answer["id"]
        assert time.monotonic() - began < 4  # told, not found by a look after five seconds
        assert horde.api(f"generate/check/{asked['id']}")[1]["restarted"] == 0


def test_a_server_that_stops_answers_who_waits(tmp_path: Path) -> None:
    with running_horde("serve", tmp_path) as horde:
        status, asked = horde.api("generate/async", {"prompt": "a lighthouse"}, key="0000000000")
        assert status == 202, asked
        waits = held_back(horde, "GET", f"generate/check/{asked['id']}")
        stops = threading.Thread(target=horde.process.terminate)
        began = time.monotonic()
        stops.start()
        line, answer = rest(waits)
        stops.join()
        assert b" 200 " in line
        assert answer["done"] is False
        assert time.monotonic() - began < 5
