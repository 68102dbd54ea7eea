"""The published SillyTavern as a process: its server, spoken to as its own pages do."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clients.client_places import node_place
from horde_processes import clean_environment, free_port, wait_until

VERSION = "1.19.0"
START_LIMIT_S = 300
"""The first start of all packs what the pages need."""
STOP_LIMIT_S = 30


@dataclass(frozen=True)
class SillyTavern:
    """One that runs."""

    url: str

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status, and JSON or text."""
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, raw = error.code, error.read()
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw.decode(errors="replace")

    @contextmanager
    def opened(self, path: str, body: dict[str, Any]) -> Iterator[HTTPResponse]:
        """A call whose answer is read as it comes; its connection ends with the block, as by the stop button."""
        connection = self.sent(path, body)
        try:
            yield connection.getresponse()
        finally:
            connection.close()

    def sent(self, path: str, body: dict[str, Any]) -> HTTPConnection:
        """A call that is on its way, however long its answer takes; closing it is the stop button."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=90)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        return connection


@contextmanager
def running_sillytavern(folder: Path) -> Iterator[SillyTavern]:
    """It for the time of a block, with a folder of its own and no questions asked."""
    place = node_place(f"sillytavern@{VERSION}")
    node = shutil.which("node")
    assert node
    port = free_port()
    options = {
        "port": port, "dataRoot": folder / "data", "configPath": folder / "config.yaml", "disableCsrf": "true",
        "listen": "false", "whitelist": "false", "browserLaunchEnabled": "false",
    }  # fmt: skip
    flags = [each for name, value in options.items() for each in (f"--{name}", str(value))]
    log = folder / "sillytavern.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [node, "server.js", *flags],
            cwd=place / "node_modules" / "sillytavern",
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env=clean_environment(HOME=str(folder)),
        )
    try:
        found = SillyTavern(f"http://127.0.0.1:{port}")

        def is_up() -> bool:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            with suppress(OSError), urllib.request.urlopen(found.url, timeout=5) as answer:
                return bool(answer.status == 200)
            return False

        wait_until(is_up, START_LIMIT_S, "SillyTavern is up")
        yield found
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
