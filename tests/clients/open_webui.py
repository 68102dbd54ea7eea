"""The published Open WebUI, run without a browser: its place, and its server spoken to as its own pages do."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from clients.client_places import INSTALL_LIMIT_S, UV, made_once, run

OPEN_WEBUI = "open-webui==0.12.4"
ANSWER_LIMIT_S = 120


def program() -> Path:
    """Open WebUI's program, with the packages of its own slim list: without torch and what needs it."""

    def install(place: Path) -> None:
        uv = str(UV) if UV.exists() else shutil.which("uv")
        if uv is None:
            pytest.skip("no uv: `make setup` brings it")
        python = str(place / "bin" / "python")
        run([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(place)], INSTALL_LIMIT_S)
        pip = [uv, "pip", "install", "--quiet", "--python", python]
        run([*pip, "--no-deps", OPEN_WEBUI], INSTALL_LIMIT_S)
        [needs] = place.glob("lib/python*/site-packages/requirements-slim.txt")
        run([*pip, "-r", str(needs)], INSTALL_LIMIT_S)

    if sys.version_info >= (3, 13):
        pytest.skip("Open WebUI wants Python 3.11 or 3.12")
    return made_once(OPEN_WEBUI.replace("==", "-"), f"{OPEN_WEBUI} {sys.executable}", install) / "bin" / "open-webui"


class OpenWebUI:
    """One that runs at `url`; `token` is who is signed in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""

    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """A call of its page: status, and JSON or bytes."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}{path}", data, self.headers())
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, raw = error.code, error.read()
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw

    def told(self, path: str, body: Any = None) -> Any:
        """The answer of a call that must succeed."""
        status, told = self.ask(path, body)
        assert status == 200, (path, status, told)
        return told

    @contextmanager
    def opened(self, path: str, body: Any) -> Iterator[HTTPResponse]:
        """A call whose answer is read as it comes, and whose connection ends with the block."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=ANSWER_LIMIT_S)
        try:
            connection.request("POST", path, json.dumps(body), self.headers())
            yield connection.getresponse()
        finally:
            connection.close()

    def streamed(self, path: str, body: Any) -> list[dict[str, Any]]:
        """What the events of a stream tell."""
        with self.opened(path, body) as answer:
            assert answer.status == 200, answer.read()
            lines = [line.strip() for line in answer]
        return [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]


def chat_text(chunks: list[dict[str, Any]]) -> str:
    """The text of a chat that came in pieces."""
    return "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one.get("choices"))


WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather", "description": "Tell the weather of a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}  # fmt: skip
