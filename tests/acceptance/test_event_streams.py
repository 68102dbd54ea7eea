"""Event streams over real connections: clients that vanish or read nothing, and a server that stops."""

from __future__ import annotations

import base64
import io
import random
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from horde_processes import RunningHorde, call, running_horde, wait_until
from PIL import Image

pytestmark = pytest.mark.acceptance

SOON_S = 20.0
AGENT = "AI Horde Worker reGen:13:x"


def opened(horde: RunningHorde, path: str, *, receive_bytes: int = 0) -> socket.socket:
    """A connection on which a stream was asked for, and nothing was read."""
    place = urlsplit(horde.url)
    connection = socket.socket()
    connection.settimeout(60)
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.connect((place.hostname, place.port))
    connection.sendall(f"GET /api/v2/{path} HTTP/1.1\r\nHost: horde\r\n\r\n".encode())
    return connection


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    raw = b""
    while mark not in raw:
        piece = connection.recv(65536)
        assert piece, raw
        raw += piece
    return raw


def open_streams(horde: RunningHorde) -> int:
    metrics = call(f"{horde.url}/metrics")[1].decode()
    (line,) = [line for line in metrics.splitlines() if line.startswith("openhorde_open_streams ")]
    return int(float(line.split()[1]))


def asked(horde: RunningHorde, **body: Any) -> str:
    status, answer = horde.api(
        "generate/async", {"prompt": "a lighthouse", "models": ["none"], **body}, key="0000000000"
    )
    assert status == 202, answer
    return str(answer["id"])


def test_a_stream_is_read_by_a_browser_and_ends_with_the_request(tmp_path: Path) -> None:
    with running_horde("serve", tmp_path) as horde:
        request_id = asked(horde)
        with opened(horde, f"generate/events/{request_id}") as connection:
            head = read_until(connection, b"event: state")
            assert b"transfer-encoding: chunked" in head.lower()
            horde.api(f"generate/status/{request_id}", method="DELETE", key="0000000000")
            rest = read_until(connection, b"0\r\n\r\n")
            assert b'event: end\ndata: {"done":true,"faulted":false}' in rest
            connection.sendall(f"GET /api/v2/generate/check/{request_id} HTTP/1.1\r\nHost: horde\r\n\r\n".encode())
            assert read_until(connection, b"}").startswith(b"HTTP/1.1 200")  # the connection goes on


def test_who_vanishes_is_noticed(tmp_path: Path) -> None:
    with running_horde("serve", tmp_path) as horde:
        request_id = asked(horde)
        connections = [opened(horde, f"generate/events/{request_id}") for _ in range(10)]
        for connection in connections:
            read_until(connection, b"event: state")
        assert open_streams(horde) == 10
        for connection in connections:
            connection.close()
        wait_until(lambda: open_streams(horde) == 0, SOON_S, "all have ended")
        assert horde.api(f"generate/check/{request_id}")[1]["waiting"] == 1


def test_who_reads_nothing_is_dropped_in_the_end(tmp_path: Path) -> None:
    """Far more than sockets hold waits for him: a picture in the stream. Nobody else is slower for it."""
    with running_horde(
        "serve", tmp_path, HORDE_PROGRESS_GRACE_S="2", HORDE_STREAMS_PER_ADDRESS="1000", HORDE_RATE_LIMITS="0"
    ) as horde:
        owner = horde.create_user("owner", trusted=True)
        request_id = asked(horde, models=["stable_diffusion"], r2=False)
        slow = [opened(horde, f"generate/events/{request_id}", receive_bytes=4096) for _ in range(20)]
        wait_until(lambda: open_streams(horde) == 20, SOON_S, "all are open")
        deliver(horde, owner["api_key"])
        with opened(horde, f"generate/events/{request_id}") as quick:
            assert b"event: end" in read_until(quick, b"0\r\n\r\n")
        wait_until(lambda: open_streams(horde) == 0, SOON_S, "the slow ones are dropped")
        for connection in slow:
            connection.close()


def deliver(horde: RunningHorde, key: str) -> None:
    """A picture of noise, as large as may be."""
    picture = Image.frombytes("RGB", (1024, 1024), random.Random(7).randbytes(3 * 1024 * 1024))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=95)
    pop = {"name": "worker", "models": ["stable_diffusion"], "bridge_agent": AGENT, "max_pixels": 1_048_576}
    status, job = horde.api("generate/pop", pop, key=key)
    assert status == 200, job
    result = {"id": job["id"], "generation": base64.b64encode(buffer.getvalue()).decode(), "seed": 7}
    status, answer = horde.api("generate/submit", result, key=key)
    assert status == 200, answer


def test_half_open_streams_do_not_grow_memory(tmp_path: Path) -> None:
    """Hundreds whose clients ask and never read: each costs some kilobytes, and ends with its connection."""
    with running_horde(
        "serve",
        tmp_path,
        HORDE_STREAMS_PER_ADDRESS="1000",
        HORDE_RATE_LIMITS="0",
        HORDE_MAX_CONNECTIONS="1000",
        HORDE_MAX_CONNECTIONS_PER_ADDRESS="1000",
    ) as horde:
        request_id = asked(horde)
        before = resident_bytes(horde.pid)
        connections = [opened(horde, f"generate/events/{request_id}") for _ in range(500)]
        wait_until(lambda: open_streams(horde) == 500, SOON_S, "all are open")
        assert resident_bytes(horde.pid) - before < 500 * 64 * 1024
        for connection in connections:
            connection.close()
        wait_until(lambda: open_streams(horde) == 0, SOON_S, "all have ended")


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def test_a_server_that_stops_ends_streams_in_order(tmp_path: Path) -> None:
    with running_horde("serve", tmp_path) as horde:
        connection = opened(horde, f"generate/events/{asked(horde)}")
        read_until(connection, b"event: state")
        stops = threading.Thread(target=horde.process.terminate)
        began = time.monotonic()
        stops.start()
        with connection:
            rest = read_until(connection, b"0\r\n\r\n")
        stops.join()
        assert b"event: end" not in rest
        assert time.monotonic() - began < 5
