"""What happens to a request is told by both clients, as it happens; hordes that tell nothing are polled."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_form, a_generation, a_picture, a_text
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIAsyncSimpleClient, AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    AlchemyAsyncRequest,
    AlchemyAsyncRequestFormItem,
    ImageGenerateAsyncRequest,
    TextGenerateAsyncRequest,
)
from horde_sdk.ai_horde_api.exceptions import AIHordeGenerationTimedOutError, AIHordeRequestError
from horde_sdk.events import (
    AccountEvent,
    DeltaEvent,
    EndEvent,
    ManyChecksRequest,
    ManyChecksResponse,
    PreviewEvent,
    RequestEvent,
    RestartedEvent,
    ResultEvent,
    StateEvent,
    StepEvent,
    TextEvent,
)
from horde_sdk.exceptions import HordeConnectionError

EVENTS = f"GET /v2/generate/events/{JOB}"
TEXT_EVENTS = f"GET /v2/generate/text/events/{JOB}"
OF_EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
IMAGE = ImageGenerateAsyncRequest(prompt="A cat in a hat", models=["Deliberate"])
TEXT = TextGenerateAsyncRequest(prompt="Once", models=[])
ALCHEMY = AlchemyAsyncRequest(
    forms=[AlchemyAsyncRequestFormItem(name="caption")], source_image="https://example.org/a.webp"
)


def event(name: str, data: Any, event_id: str = "") -> bytes:
    front = f"id: {event_id}\n" if event_id else ""
    return f"{front}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def a_stream(*pieces: bytes) -> Reply:
    return Reply(200, iter(pieces), OF_EVENTS)


END = event("end", {"done": True, "faulted": False})
Follow = Callable[..., list[Any]]


@pytest.fixture(params=["sync", "async"])
def follow(request: pytest.FixtureRequest, horde: FakeHorde) -> Follow:
    """Ask for something and return all that happens to it, by either client."""

    def sync(asked: Any, *, naps: Naps | None = None, **options: Any) -> list[Any]:
        client = AIHordeAPISimpleClient()
        naps = naps or Naps()
        client._clock = naps.clock
        client._transport._sleep = naps
        with _opened(client, asked) as opened:
            told = list(opened.events(**options))
            opened.result()
        return told

    async def asynchronous(asked: Any, naps: Naps, options: dict[str, Any]) -> list[RequestEvent]:
        async def nap(seconds: float) -> None:
            naps(seconds)

        async with aiohttp.ClientSession() as session:
            client = AIHordeAPIAsyncSimpleClient(session)
            client._clock = naps.clock
            client._session._transport._sleep = nap
            async with _opened(client, asked) as opened:
                told = [one async for one in opened.events(**options)]
                await opened.result()
        return told

    def by_asyncio(asked: Any, *, naps: Naps | None = None, **options: Any) -> list[Any]:
        return asyncio.run(asynchronous(asked, naps or Naps(), options))

    return sync if request.param == "sync" else by_asyncio


def _opened(client: Any, asked: Any) -> Any:
    match asked:
        case ImageGenerateAsyncRequest():
            return client.open_image_request(asked, timeout=60)
        case TextGenerateAsyncRequest():
            return client.open_text_request(asked, timeout=60)
    return client.open_alchemy_request(asked, timeout=60)


def of(events: list[RequestEvent], kind: type) -> list[Any]:
    return [one for one in events if isinstance(one, kind)]


class TestWhereTheHordeTells:
    def test_all_kinds_of_events(self, horde: FakeHorde, follow: Follow) -> None:
        picture = a_picture()
        shown = f"data:image/webp;base64,{base64.b64encode(picture).decode()}"
        horde.will_answer(
            EVENTS,
            a_stream(
                b"retry: 3000\n\n",
                event("state", a_check(queue_position=3, wait_time=9), "11111111-0.0"),
                event("step", {"job": 0, "step": 12, "steps": 30, "eta": 4}),
                event("preview", {"job": 0, "image": shown}),
                event("restarted", {"job": 0, "reason": "silent"}),
                b": ka\n\n",
                event("result", a_generation(1, "https://example.org/1.webp"), "11111111-1.0"),
                END,
            ),
        )
        told = follow(IMAGE, previews=True)
        assert told[:4] == [
            StateEvent(waiting=1, queue_position=3, wait_time=9, kudos=10.0),
            StepEvent(0, 12, 30, 4.0),
            PreviewEvent(0, picture),
            RestartedEvent(0, "silent"),
        ]
        assert told[4].generation.img == "https://example.org/1.webp"
        assert told[5:] == [EndEvent(done=True, faulted=False)]
        asked = next(one for one in horde.asked if one.line == EVENTS)
        assert asked.query == "previews=1"
        assert asked.headers["Accept"] == "text/event-stream"
        assert "apikey" not in {name.lower() for name in asked.headers}

    def test_a_text_as_it_is_written(self, horde: FakeHorde, follow: Follow) -> None:
        pieces = [event("text", {"job": 0, "at": 0, "text": "Ü"}), event("text", {"job": 0, "at": 2, "text": "ber"})]
        horde.will_answer(TEXT_EVENTS, a_stream(*pieces, event("result", a_text(1, "Über")), END))
        told = follow(TEXT)
        assert told[:2] == [TextEvent(0, 0, "Ü"), TextEvent(0, 2, "ber")]
        horde.will_answer(TEXT_EVENTS, a_stream(event("delta", {"job": 0, "delta": {"content": "Ü"}}), END))
        assert follow(TEXT)[0] == DeltaEvent(0, {"content": "Ü"})
        assert told[2].generation.text == "Über"

    def test_forms(self, horde: FakeHorde, follow: Follow) -> None:
        words = a_form("caption", result={"caption": "a red square"})
        horde.will_answer(f"GET /v2/interrogate/events/{JOB}", a_stream(event("result", words), END))
        (told,) = of(follow(ALCHEMY), ResultEvent)
        assert told.generation.result.caption == "a red square"

    @pytest.mark.parametrize(
        "nonsense",
        [
            b"event: state\ndata: {\n\n",
            b"event: state\ndata: []\n\n",
            event("state", {"finished": "many"}),
            b'event: state\ndata: {"finished": Infinity}\n\n',
            b'event: step\ndata: {"job": 0, "step": 1e999, "steps": 30}\n\n',
            event("text", {"job": 0}),
            event("preview", {"job": 0, "image": "https://example.org/"}),
            event("preview", {"job": 0, "image": "data:image/webp;base64,%%%"}),
            event("result", {"id": 7}),
            event("news", {"of": "later servers"}),
            b"\xff\xfe\n\n",
        ],
    )
    def test_what_nobody_knows_is_passed_over(self, horde: FakeHorde, follow: Follow, nonsense: bytes) -> None:
        horde.will_answer(EVENTS, a_stream(nonsense, END))
        assert follow(IMAGE) == [EndEvent(done=True, faulted=False)]

    def test_a_stream_that_breaks_is_taken_up_where_it_broke(self, horde: FakeHorde, follow: Follow) -> None:
        made = event("result", a_generation(1, "https://example.org/1.webp"), "11111111-1.0")
        naps = Naps()
        horde.will_answer(
            EVENTS,
            a_stream(b"retry: 2000\n\n", made, b"event: sta"),
            a_stream(event("state", a_check(), "11111111-1.0")),
            a_stream(made, END),  # another node may tell it again
        )
        told = follow(IMAGE, naps=naps)
        assert [type(one) for one in told] == [ResultEvent, StateEvent, EndEvent]
        asked = [one.headers.get("Last-Event-ID") for one in horde.asked if one.line == EVENTS]
        assert asked == [None, "11111111-1.0", "11111111-1.0"]
        assert naps.taken[:2] == [0.5, 2.0]

    def test_a_server_that_wants_no_pause_is_given_one(self, horde: FakeHorde, follow: Follow) -> None:
        """Else a stream that breaks at once is asked for as fast as the machine can."""
        naps = Naps()
        breaks = a_stream(b"retry: 0\n\n", event("state", a_check()))
        horde.will_answer(EVENTS, breaks, a_stream(event("state", a_check())), a_stream(END))
        follow(IMAGE, naps=naps)
        assert naps.taken[:2] == [0.5, 0.25]

    def test_a_request_that_is_late_is_cancelled(self, horde: FakeHorde, follow: Follow) -> None:
        naps = Naps()

        def slow() -> Iterator[bytes]:
            yield event("state", a_check())
            naps.now += 100
            yield b": ka\n\n"

        horde.will_answer(EVENTS, Reply(200, slow(), OF_EVENTS))
        with pytest.raises(AIHordeGenerationTimedOutError):
            follow(IMAGE, naps=naps)
        assert horde.lines[-1] == f"DELETE /v2/generate/status/{JOB}"


class TestWhereItDoesNot:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(404, {"message": "no such thing", "rc": "NotFound"}),
            Reply(429, {"message": "too many", "rc": "TooManyStreams"}),
            Reply(200, {"message": "a proxy's greeting"}),
            Reply(503, {"message": "later"}),
            Reply(302, {}, {"Location": "https://example.org/"}),
        ],
    )
    def test_it_is_polled(self, horde: FakeHorde, follow: Follow, reply: Reply) -> None:
        horde.will_answer(EVENTS, reply)
        horde.will_answer(f"GET /v2/generate/check/{JOB}", Reply(200, a_check(wait_time=9)))
        told = follow(IMAGE)
        assert [type(one) for one in told] == [StateEvent, StateEvent, ResultEvent, EndEvent]
        assert (told[0].wait_time, told[1].done) == (9, True)
        assert told[3] == EndEvent(done=True, faulted=False)

    def test_a_text_comes_at_once(self, horde: FakeHorde, follow: Follow) -> None:
        told = follow(TEXT)
        assert of(told, TextEvent) == [TextEvent(0, 0, " there was a fox.")]

    def test_the_rest_of_a_text_whose_stream_ended_for_good(self, horde: FakeHorde, follow: Follow) -> None:
        """Nothing is told twice: what follows the pieces is the rest."""
        horde.will_answer(
            TEXT_EVENTS, a_stream(event("text", {"job": 0, "at": 0, "text": " there"})), Reply(404, {"message": ""})
        )
        told = follow(TEXT)
        assert "".join(one.text for one in of(told, TextEvent)) == " there was a fox."
        assert len(of(told, ResultEvent)) == 1

    def test_streams_that_tell_nothing_are_given_up(self, horde: FakeHorde, follow: Follow) -> None:
        horde.will_answer(EVENTS, *[a_stream(b": ka\n\n") for _ in range(9)])
        assert isinstance(follow(IMAGE)[-1], EndEvent)
        assert horde.lines.count(EVENTS) == 5

    def test_forms_are_polled_too(self, horde: FakeHorde, follow: Follow) -> None:
        told = follow(ALCHEMY)
        assert [one.generation.form for one in of(told, ResultEvent)] == ["caption", "RealESRGAN_x2plus"]


ACCOUNT = "GET /v2/events"


def account_events(kind: str, count: int) -> list[AccountEvent]:
    """The first of these events, by either client."""
    naps = Naps()

    async def asynchronous() -> list[AccountEvent]:
        async def nap(seconds: float) -> None:
            naps(seconds)

        told = []
        async with aiohttp.ClientSession() as session:
            client = AIHordeAPIAsyncSimpleClient(session, apikey="my key")
            client._session._transport._sleep = nap
            async for one in client.account_events():
                told.append(one)
                if len(told) == count:
                    break
        return told

    if kind == "async":
        return asyncio.run(asynchronous())
    client = AIHordeAPISimpleClient(apikey="my key")
    client._transport._sleep = naps
    events = client.account_events()
    return [next(events) for _ in range(count)]


NO_STATES = (
    b"event: state\ndata: {}\n\n",
    b'event: state\ndata: {"request": "endless", "finished": 1e999}\n\n',
    b'event: state\ndata: {"request": "many", "finished": "many"}\n\n',
)
"""Passed over."""


@pytest.mark.parametrize("kind", ["sync", "async"])
class TestOfAccounts:
    def test_states_of_all_requests_across_breaks(self, horde: FakeHorde, kind: str) -> None:
        first, second = (event("state", {"request": name, **a_check()}) for name in ("one", "two"))
        horde.will_answer(ACCOUNT, a_stream(b"retry: 1\n\n", first, *NO_STATES), a_stream(second))
        told = account_events(kind, 2)
        assert [one.request_id for one in told] == ["one", "two"]
        assert told[0].state == StateEvent(waiting=1, queue_position=1, wait_time=5, kudos=10.0)
        assert horde.asked[0].headers["apikey"] == "my key"

    def test_a_horde_without_them_says_so(self, horde: FakeHorde, kind: str) -> None:
        with pytest.raises(AIHordeRequestError, match="no such thing"):
            account_events(kind, 1)

    def test_nobody_is_tried_for_ever(self, horde: FakeHorde, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AI_HORDE_URL", "http://127.0.0.1:9/api/")
        with pytest.raises(HordeConnectionError):
            account_events(kind, 1)


def test_many_checks_in_one_call(horde: FakeHorde) -> None:
    other = "22222222-2222-3333-4444-555555555555"
    horde.will_answer("POST /v2/generate/check", Reply(200, {JOB: a_check(), other: None}))
    from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIManualClient

    told = AIHordeAPIManualClient().submit_request(ManyChecksRequest(ids=[JOB, other]), ManyChecksResponse)
    assert isinstance(told, ManyChecksResponse)
    assert told.root[other] is None
    assert told.root[JOB] is not None
    assert horde.asked[0].body == {"ids": [JOB, other]}
