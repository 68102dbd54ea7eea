"""A small horde on loopback that keeps a transcript of what it was asked."""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from PIL import Image

JOB = "11111111-2222-3333-4444-555555555555"


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Reply:
    """What to answer; a body that is an iterator is sent piece by piece until the client leaves."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def a_check(**changes: Any) -> dict[str, Any]:
    return {
        "finished": 0,
        "processing": 0,
        "restarted": 0,
        "waiting": 1,
        "done": False,
        "faulted": False,
        "wait_time": 5,
        "queue_position": 1,
        "kudos": 10.0,
        "is_possible": True,
        **changes,
    }


def a_line(**changes: Any) -> dict[str, Any]:
    return {
        "time": "2026-07-14T12:00:00.123Z",
        "kind": "given",
        "amount": -5.0,
        "escrow": 0.0,
        "balance_after": 37.0,
        "escrow_after": 0.0,
        "counterpart": "ben#8",
        **changes,
    }


def a_statement(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"balance": 37.0, "escrow": 0.0, "held": 0.0, "lines": list(lines), **changes}


def a_generation(number: int, img: str) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "img": img,
        "seed": str(number),
        "censored": False,
        "model": "Deliberate",
        "state": "ok",
        "worker_id": "99999999-0000-0000-0000-000000000000",
        "worker_name": "a worker",
        "gen_metadata": [],
    }


def a_text(number: int, text: str) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "text": text,
        "seed": number,
        "model": "tiny-tales",
        "state": "ok",
        "worker_id": "99999999-0000-0000-0000-000000000000",
        "worker_name": "a worker",
        "gen_metadata": [],
    }


def a_form(name: str, state: str = "done", result: Any = None) -> dict[str, Any]:
    return {"form": name, "state": state, **({} if result is None else {"result": result})}


def an_alchemy_status(state: str, *forms: dict[str, Any]) -> dict[str, Any]:
    return {"state": state, "forms": list(forms)}


def a_picture(side: int = 8) -> bytes:
    kept = BytesIO()
    Image.new("RGB", (side, side), "red").save(kept, "WEBP")
    return kept.getvalue()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that leave in the middle are what some tests are about.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class FakeHorde:
    """Answers what it was told to; by default a request is done at the first look."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.images = 1
        self.texts = [" there was a fox."]
        self._replies: dict[str, deque[Reply]] = defaultdict(deque)
        self.hold: threading.Event | None = None
        self.arrived = threading.Event()
        horde = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                horde._answer(self)

            do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = answer

            def log_message(self, *args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    @property
    def lines(self) -> list[str]:
        return [one.line for one in self.asked]

    def will_answer(self, line: str, *replies: Reply) -> None:
        """Queue answers to `METHOD path`; when they are used up, the usual answer follows."""
        self._replies[line].extend(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        asked = Asked(
            method=handler.command,
            path=parts.path.removeprefix("/api"),
            query=parts.query,
            headers=dict(handler.headers),
            body=json.loads(content) if content else None,
        )
        self.asked.append(asked)
        self.arrived.set()
        if self.hold is not None:
            self.hold.wait(10)
        queue = self._replies[asked.line]
        self._send(handler, queue.popleft() if queue else self._usual(asked))

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if isinstance(reply.body, Iterator):
            self._drip(handler, reply)
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        handler.send_response(reply.status)
        for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _drip(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        with suppress(OSError):
            for piece in reply.body:
                handler.wfile.write(piece)
        handler.close_connection = True

    def _usual(self, asked: Asked) -> Reply:
        match asked.method, asked.path.split("/")[2:]:
            case "POST", ["generate", "async"]:
                if asked.body.get("dry_run"):
                    return Reply(200, {"kudos": 12.5})
                return Reply(202, {"id": JOB, "kudos": 10.0})
            case "GET", ["generate", "check", _]:
                return Reply(200, a_check(done=True, finished=self.images, waiting=0, queue_position=0, wait_time=0))
            case (("GET" | "DELETE"), ["generate", "status", _]):
                root = self.url.removesuffix("api/")
                generations = [a_generation(number, f"{root}image/{number}") for number in range(1, self.images + 1)]
                return Reply(200, a_check(done=True, finished=self.images, generations=generations, shared=False))
            case "POST", ["generate", "text", "async"]:
                if asked.body.get("dry_run"):
                    return Reply(200, {"kudos": 7.5})
                return Reply(202, {"id": JOB, "kudos": 6.0})
            case (("GET" | "DELETE"), ["generate", "text", "status", _]):
                texts = [a_text(number, text) for number, text in enumerate(self.texts, start=1)]
                return Reply(200, a_check(done=True, finished=len(texts), waiting=0, generations=texts))
            case "POST", ["interrogate", "async"]:
                return Reply(202, {"id": JOB})
            case (("GET" | "DELETE"), ["interrogate", "status", _]):
                url = f"{self.url.removesuffix('api/')}image/larger"
                words = a_form("caption", result={"caption": "a red square"})
                return Reply(
                    200,
                    an_alchemy_status("done", words, a_form("RealESRGAN_x2plus", result={"RealESRGAN_x2plus": url})),
                )
            case "PUT", ["workers", _]:
                return Reply(200, asked.body)
            case "DELETE", ["workers", worker_id]:
                return Reply(200, {"deleted_id": worker_id, "deleted_name": "w"})
            case "GET", ["status", "modes"]:
                return Reply(200, {"maintenance_mode": False, "invite_only_mode": True})
            case "PUT", ["status", "modes"]:
                return Reply(200, asked.body)
            case "POST", ["kudos", "transfer"]:
                return Reply(200, {"transferred": asked.body["amount"]})
            case "GET", ["kudos", "statement"]:
                return Reply(200, a_statement(a_line(), next=None))
            case "GET", ["status", "heartbeat"]:
                return Reply(200, {"message": "OK", "version": "4.0"})
            case "GET", ["status", "models"]:
                kind = parse_qs(asked.query).get("type", ["image"])[0]
                name = {"image": "Deliberate", "text": "tiny-tales"}[kind]
                return Reply(200, [{"name": name, "count": 2, "queued": 0.0, "jobs": 0.0, "type": kind}])
            case "GET", ["workers"]:
                worker = {"type": "image", "name": "w", "id": JOB, "maintenance_mode": False, "bridge_agent": "a:1:b"}
                return Reply(200, [worker])
            case "GET", ["find_user"]:
                return Reply(200, {"username": "ann#7", "id": 7, "kudos": 42.0})
        if asked.path.startswith("/image/"):
            side = 16 if asked.path == "/image/larger" else 8
            return Reply(200, a_picture(side), {"Content-Type": "image/webp"})
        return Reply(404, {"message": "no such thing", "rc": "NotFound"})
