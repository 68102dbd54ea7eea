"""What the worker says to a horde over real connections, and how it takes every kind of answer."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
import pytest
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.backends.image import Remark
from horde_worker.horde_api import (
    ANSWER_LIMIT_BYTES,
    SUBMIT_TRIES,
    HordeApi,
    Refused,
    Unreachable,
    backoff_s,
)
from horde_worker.kinds.image.offer import ImageOffer
from horde_worker.kinds.image.submit import image_submit
from horde_worker.named_places import UPLOAD_TRIES

POP = ImageOffer(name="mine", models=["paint"], max_pixels=4096)
WEBP = b"RIFF....WEBP"
BUSY = {"message": "too many", "rc": "TooManyRequests"}


@pytest.fixture
def api(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps) -> HordeApi:
    """The horde as the worker sees it."""
    return HordeApi(session, horde.url, "the key", naps)


@pytest.mark.parametrize("ending", ["", "/", "/api", "/api/", "/api/v2", "/api/v2/"])
async def test_the_address_may_be_given_with_or_without_the_api(
    horde: PlayedHorde, session: aiohttp.ClientSession, ending: str
) -> None:
    """Operators copy addresses in every form."""
    await HordeApi(session, horde.url + ending, "k").pop(POP)
    assert len(horde.pops) == 1


async def test_the_key_is_sent_without_the_blanks_it_was_pasted_with(
    horde: PlayedHorde, session: aiohttp.ClientSession
) -> None:
    """Keys come from terminals and files, with blanks and line ends."""
    await HordeApi(session, horde.url, " the key \t\n").pop(POP)
    assert horde.headers[0]["apikey"] == "the key"


async def test_every_call_has_key_and_agent(api: HordeApi, horde: PlayedHorde) -> None:
    """The horde knows whose worker it is and what software."""
    await api.pop(POP)
    await api.hand_in(image_submit("a", "R2", 7, []))
    assert [one["apikey"] for one in horde.headers] == ["the key", "the key"]
    assert all(one["Client-Agent"].startswith("OpenHorde Worker:") for one in horde.headers)


async def test_an_upload_does_not_tell_the_key(api: HordeApi, horde: PlayedHorde) -> None:
    """The store is somebody else's."""
    assert await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert "the key" not in horde.uploads[0].headers.values()


async def test_an_upload_is_a_put_of_the_picture_with_its_type(api: HordeApi, horde: PlayedHorde) -> None:
    """The bytes arrive as they are, as WebP."""
    assert await api.places.upload(f"{horde.url}/store/a", WEBP)
    [upload] = horde.uploads
    assert (upload.data, upload.headers["Content-Type"]) == (WEBP, "image/webp")


@pytest.mark.parametrize("target", ["/store/a%2Fb%7Ec", "/store/a?X-Amz-Credential=k%2F2026%2Fauto&s=%2B%7E&t=a+b=="])
async def test_a_signed_address_is_used_verbatim(api: HordeApi, horde: PlayedHorde, target: str) -> None:
    """A signature may cover how the address is written."""
    assert await api.places.upload(horde.url + target, WEBP)
    assert horde.uploads[0].target == target


@pytest.mark.parametrize(
    "url", ["http://[", "http://10.0.0.8/a", "file:///a", "http://127.0.0.1:99999/", "http://a b/"]
)
async def test_an_address_that_must_not_be_used_is_a_failed_upload(api: HordeApi, url: str) -> None:
    """The picture can still go inline."""
    assert not await api.places.upload(url, WEBP)


@pytest.mark.parametrize("status", [408, 429, 500, 503, 522])
async def test_an_upload_is_tried_again_after_what_may_pass(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], status: int
) -> None:
    """Stores have bad moments."""
    horde.upload_script = [answer(status), answer(hangs_up=True)]
    assert await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert len(horde.uploads) == 3


async def test_an_upload_is_not_tried_again_after_a_no(api: HordeApi, horde: PlayedHorde, answer: type[Answer]) -> None:
    """A wrong signature stays wrong."""
    horde.upload_script = [answer(403)]
    assert not await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert len(horde.uploads) == 1


async def test_an_upload_does_not_follow_redirects(api: HordeApi, horde: PlayedHorde, answer: type[Answer]) -> None:
    """A redirect could lead into the operator's network."""
    horde.upload_script = [answer(307, headers={"Location": f"{horde.url}/store/b"})]
    await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert [one.target for one in horde.uploads] == ["/store/a"]


async def test_an_upload_is_given_up_after_some_tries(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], naps: Naps
) -> None:
    """With longer and longer pauses between the tries, and none after the last."""
    horde.upload_script = [answer(503) for _ in range(UPLOAD_TRIES)]
    assert not await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert naps.taken == [1.0, 2.0, 3.0, 4.0]


async def test_a_submit_says_everything_about_the_picture(api: HordeApi, horde: PlayedHorde) -> None:
    """Id, result, seed, state and remarks; an empty `ref` is left out."""
    await api.hand_in(
        image_submit("a", "R2", 7, [Remark("information", "nsfw"), Remark("batch_index", "see_ref", "0")])
    )
    assert horde.submits == [
        {
            "id": "a",
            "generation": "R2",
            "seed": 7,
            "state": "ok",
            "gen_metadata": [
                {"type": "information", "value": "nsfw"},
                {"type": "batch_index", "value": "see_ref", "ref": "0"},
            ],
        }
    ]


async def test_remarks_keep_to_the_hordes_limits(api: HordeApi, horde: PlayedHorde) -> None:
    """At most fifty, of at most 255 characters; more would cost the picture."""
    await api.hand_in(image_submit("a", "R2", 7, [Remark("information", "see_ref", "x" * 300)] * 60))
    refs = [one["ref"] for one in horde.submits[0]["gen_metadata"]]
    assert (len(refs), set(map(len, refs))) == (50, {255})


@pytest.mark.parametrize(
    ("sent", "reward"),
    [(b'{"reward": 12.5}', 12.5), (b"{}", 0.0), (b'{"reward": null}', 0.0), (b'{"reward": "much"}', 0.0),
     (b'{"reward": NaN}', 0.0), (b'{"reward": 1' + b"0" * 400 + b"}", 0.0)],
    ids=["number", "absent", "null", "text", "nan", "huge"],
)  # fmt: skip
async def test_the_reward_is_a_finite_number(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], sent: bytes, reward: float
) -> None:
    """A strange reward counts as none; the picture is delivered all the same."""
    horde.submit_script = [answer(body=sent)]
    assert await api.hand_in(image_submit("a", "R2", 7, [])) == reward


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_submit_is_tried_again_after_what_may_pass(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], status: int
) -> None:
    """A finished picture is not thrown away for a bad moment."""
    horde.submit_script = [answer(status), answer(hangs_up=True), answer(body=b"<html>")]
    assert await api.hand_in(image_submit("a", "R2", 7, [])) == 1.5
    assert len(horde.submits) == 4


async def test_a_submit_waits_as_long_as_the_horde_says(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], naps: Naps
) -> None:
    """Retry-After of a 429 is honoured."""
    horde.submit_script = [answer(429, BUSY, {"Retry-After": "17"})]
    await api.hand_in(image_submit("a", "R2", 7, []))
    assert naps.taken == [17.0]


async def test_a_submit_is_given_up_after_some_tries(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], naps: Naps
) -> None:
    """The job goes to somebody else at the end of its time anyway."""
    horde.submit_script = [answer(503) for _ in range(SUBMIT_TRIES)]
    with pytest.raises(Unreachable, match="503"):
        await api.hand_in(image_submit("a", "R2", 7, []))
    assert len(naps.taken) == SUBMIT_TRIES - 1


@pytest.mark.parametrize(("status", "rc"), [(404, "InvalidJobID"), (400, "DuplicateGen"), (400, "AbortedGen")])
async def test_a_refused_submit_is_not_tried_again(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], status: int, rc: str
) -> None:
    """What the horde decided stays decided."""
    horde.submit_script = [answer(status, {"message": "no", "rc": rc})]
    with pytest.raises(Refused) as refused:
        await api.hand_in(image_submit("a", "R2", 7, []))
    assert (refused.value.status, refused.value.rc, len(horde.submits)) == (status, rc, 1)


async def test_a_duplicate_after_a_lost_answer_is_a_delivery(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer]
) -> None:
    """The first try arrived, only its answer did not."""
    horde.submit_script = [answer(hangs_up=True), answer(400, {"message": "already", "rc": "DuplicateGen"})]
    assert await api.hand_in(image_submit("a", "R2", 7, [])) == 0.0


async def test_a_refusal_tells_code_message_and_fields(api: HordeApi, horde: PlayedHorde, answer: type[Answer]) -> None:
    """The operator reads what the horde said, with the fields it complains about."""
    horde.pop_script = [answer(400, {"message": "bad", "rc": "Bad", "errors": {"name": "too long"}})]
    with pytest.raises(Refused) as refused:
        await api.pop(POP)
    assert str(refused.value) == "bad: name: too long (Bad)"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": 3, "rc": null}'])
async def test_a_refusal_may_have_any_body(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], body: bytes
) -> None:
    """A proxy answers in HTML."""
    horde.pop_script = [answer(403, body)]
    with pytest.raises(Refused) as refused:
        await api.pop(POP)
    assert (refused.value.status, refused.value.rc) == (403, "")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("12", 12.0), ("9" * 30, 600.0), ("9" * 5000, 600.0), ("soon", None), ("-1", None), ("٣", None), ("", None)],
    ids=["seconds", "for ever", "overflow", "words", "negative", "other digits", "empty"],
)
async def test_retry_after_is_a_number_of_seconds_within_reason(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], header: str, seconds: float | None
) -> None:
    """A horde cannot put a worker to sleep for ever."""
    horde.pop_script = [answer(429, BUSY, {"Retry-After": header})]
    with pytest.raises(Refused) as refused:
        await api.pop(POP)
    assert refused.value.retry_after_s == seconds


@pytest.mark.parametrize(
    "answered",
    [
        {"status": 500},
        {"status": 502, "body": b"<html>"},
        {"hangs_up": True},
        {"body": b""},
        {"body": b"<html>"},
        {"body": b"[1]"},
        {"body": b"[" * 200_000},
        {"body": b" " * (ANSWER_LIMIT_BYTES + 1)},
        {"body": b'{"id": ' + b"1" * 5000 + b"}"},
        {"body": b"{}", "headers": {"Content-Encoding": "gzip"}},
    ],
    ids=["500", "502", "hang-up", "empty", "html", "list", "deep", "large", "number", "no-gzip"],
)
async def test_no_readable_answer_means_unreachable(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer], answered: dict[str, Any]
) -> None:
    """Whatever is wrong with an answer, it is worth another try later."""
    horde.pop_script = [answer(**answered)]
    with pytest.raises(Unreachable):
        await api.pop(POP)


async def test_a_refused_connection_means_unreachable(session: aiohttp.ClientSession, naps: Naps) -> None:
    """Nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Unreachable):
        await HordeApi(session, f"http://127.0.0.1:{port}", "k", naps).pop(POP)


@pytest.mark.parametrize(("attempt", "middle"), [(1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (5000, 60)])
def test_pauses_double_up_to_a_minute(attempt: int, middle: int) -> None:
    """With a fifth of chance, so that workers do not come back all at once; also after days."""
    assert middle * 0.8 <= backoff_s(attempt) <= middle * 1.2
