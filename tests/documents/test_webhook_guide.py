"""The receiver of docs/webhooks.md runs as it stands there, and knows what is genuine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from horde_processes import free_port, wait_until

from horde_server.webhooks.signing import new_secret, shown, signature_headers

ROOT = Path(__file__).parents[2]
EXAMPLE = re.findall(r"```python\n(.*?)```", (ROOT / "docs/webhooks.md").read_text("utf-8"), re.DOTALL)[0]
SECRET = new_secret()
BODY = json.dumps({"event": "job.finished", "request": "r", "text": "Once upon a time"}).encode()


class Guide:
    """The example as a process."""

    def __init__(self) -> None:
        self.port = free_port()
        environment = {**os.environ, "WEBHOOK_SECRET": shown(SECRET), "PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", EXAMPLE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        wait_until(self.listens, 30, "the example listens")

    def listens(self) -> bool:
        assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
        try:
            return self.post({}) == 401
        except OSError:
            return False

    def post(self, headers: dict[str, str], body: bytes = BODY) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def stop(self) -> str:
        """End it; what it printed."""
        self.process.kill()
        return self.process.communicate()[0]


@pytest.fixture
def guide() -> Iterator[Guide]:
    started = Guide()
    yield started
    started.stop()


def signed(delivery: str = "1", at_s: float | None = None, secrets: tuple[bytes, ...] = (SECRET,)) -> dict[str, str]:
    return signature_headers(delivery, int(time.time() if at_s is None else at_s), BODY, secrets)


def test_the_receiver_of_the_guide_takes_what_is_genuine_once(guide: Guide) -> None:
    assert guide.post(signed("a")) == 204
    assert guide.post(signed("a")) == 204
    assert guide.post(signed("b", secrets=(new_secret(), SECRET))) == 204
    assert guide.stop() == "job.finished r Once upon a time\n" * 2


def test_the_receiver_of_the_guide_refuses_what_is_not(guide: Guide) -> None:
    assert guide.post(signed(secrets=(new_secret(),))) == 401
    assert guide.post(signed(secrets=())) == 401
    assert guide.post(signed(at_s=time.time() - 400)) == 401
    assert guide.post(signed(), BODY + b" ") == 401
    assert guide.post({**signed(), "webhook-id": "2"}) == 401
    assert guide.post({**signed(), "webhook-timestamp": "x"}) == 401
    assert guide.stop() == ""
