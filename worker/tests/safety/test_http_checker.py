"""A judge by another program: what it does not say clearly keeps the picture from going out."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.safety.http import HttpChecker
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.options import SafetyOptions

PICTURE = Image.new("RGB", (40, 30), "teal")
WANTED = Wanted("a secret prompt")


class PlayedJudge:
    """Answers as it is told; `asked` are the bodies that came, `headers` what came with them."""

    def __init__(self) -> None:
        self.answer: Callable[[], web.StreamResponse] = lambda: web.json_response({"nsfw": False})
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.headers.append(dict(request.headers))
        return self.answer()


@pytest.fixture
async def judge() -> AsyncIterator[PlayedJudge]:
    played = PlayedJudge()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/judge", played.handle)
    server = TestServer(app)
    await server.start_server()
    played.url = str(server.make_url("/judge"))
    yield played
    await server.close()


def checker(judge: PlayedJudge, **options: Any) -> HttpChecker:
    return HttpChecker.open(SafetyOptions("http", {"url": judge.url, **options}))


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [
        ({"nsfw": False}, Judgement()),
        ({"nsfw": True, "more": [1]}, Judgement(is_nsfw=True)),
        ({"nsfw": True, "csam": True}, Judgement(is_nsfw=True, is_csam=True)),
    ],
)
async def test_what_it_says_counts(judge: PlayedJudge, answer: Any, judgement: Judgement) -> None:
    """It gets the picture, and the prompt only where the owner says so."""
    judge.answer = lambda: web.json_response(answer)
    assert await checker(judge).judge(PICTURE, WANTED) == judgement
    assert set(judge.asked[0]) == {"picture"}
    with Image.open(io.BytesIO(base64.b64decode(judge.asked[0]["picture"]))) as sent:
        assert (sent.format, sent.size) == ("WEBP", (40, 30))
    await checker(judge, sends_prompt=True).judge(PICTURE, WANTED)
    assert judge.asked[1]["prompt"] == "a secret prompt"


async def test_its_key_goes_along(judge: PlayedJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment, too."""
    monkeypatch.setenv("JUDGE_KEY", "k1")
    await checker(judge, api_key="env:JUDGE_KEY").judge(PICTURE, WANTED)
    assert judge.headers[0]["Authorization"] == "Bearer k1"


def redirect() -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.json_response({}),
        lambda: web.json_response([]),
        lambda: web.json_response({"nsfw": "no"}),
        lambda: web.json_response({"nsfw": False, "csam": 0}),
        lambda: web.Response(text="safe"),
        lambda: web.Response(),
        lambda: web.Response(status=500),
        lambda: web.json_response({"nsfw": False, "padding": "x" * 70_000}),
        redirect,
    ],
)
async def test_anything_else_is_no_answer(judge: PlayedJudge, answer: Callable[[], web.StreamResponse]) -> None:
    """Nor one that is too long, or points elsewhere."""
    judge.answer = answer
    with pytest.raises(BackendFailure):
        await checker(judge).judge(PICTURE, WANTED)


async def test_a_judge_that_is_away_lets_nothing_out() -> None:
    """The reason says so, without its key."""
    away = HttpChecker.open(SafetyOptions("http", {"url": "http://127.0.0.1:1/judge", "api_key": "hidden"}))
    with pytest.raises(BackendFailure) as failure:
        await away.judge(PICTURE, WANTED)
    assert "hidden" not in str(failure.value)
