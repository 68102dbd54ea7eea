"""Bodies of dialects (gateway.md §1.3)."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from horde_server.errors import BadRequest, HordeError, NulByteInPayload, UnreadableBody
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField, UnsupportedField
from horde_server.gateway.common.forms import MOST_PARTS


async def read(body: bytes, content_type: str = "application/json", idempotency_key: str = "") -> Body:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())] if content_type else []
    if idempotency_key:
        headers.append((b"idempotency-key", idempotency_key.encode()))
    return await Body.read(Request({"type": "http", "method": "POST", "headers": headers}, receive))


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", [b'{"a": 1}', b'\xef\xbb\xbf{"a": 1}', b' {"a": 1.0}', b'{"a": "1"}'])
async def test_json_is_read_whatever_its_type(content_type: str, body: bytes) -> None:
    if content_type.endswith("urlencoded") and body[:1] == b"\xef":
        pytest.skip("a form may begin so")
    assert (await read(body, content_type)).integer("a", least=0, most=5) == 1


async def test_an_empty_body_says_nothing() -> None:
    assert list(await read(b"")) == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"{", UnreadableBody),
        (b"[1]", BadRequest),
        (b'"text"', BadRequest),
        (b'{"a": "\\u0000"}', NulByteInPayload),
        (b'{"a": "\xff"}', UnreadableBody),
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", UnreadableBody),
        (b'{"a":[' + b"1," * 50_000 + b"1]}", BadRequest),
    ],
)
async def test_what_is_no_body_is_refused(body: bytes, refusal: type[HordeError]) -> None:
    with pytest.raises(refusal):
        await read(body)


async def test_an_escaped_backslash_is_no_nul() -> None:
    assert (await read(b'{"a": "\\\\u0000"}')).text("a") == "\\u0000"


def test_values_are_read_as_they_are_meant() -> None:
    body = Body({"n": "3", "f": 512.0, "t": "0.7", "yes": "true", "no": 0, "null": None, "one": "x", "text": 5})
    assert body.integer("n", least=1, most=9) == 3
    assert body.integer("f", least=1, most=999) == 512
    assert body.number("t", least=0, most=1) == 0.7
    assert (body.flag("yes"), body.flag("no", default=True), body.flag("absent", default=True)) == (True, False, True)
    assert "null" not in body and body.integer("null", least=0, most=1, default=7) == 7
    assert body.items("one", most=2) == ["x"]
    assert body.text("text") == "5"
    assert body.clamped == {}


def test_what_is_beyond_a_range_is_clamped_and_noted_by_its_place() -> None:
    body = Body({"a": 9, "b": {"c": -1e300}, "d": 10**400})
    assert body.integer("a", least=1, most=5) == 5
    assert body.object("b").number("c", least=-2, most=2) == -2
    assert body.integer("d", least=0, most=10) == 10
    assert body.clamped == {"a": "5", "b.c": "-2", "d": "10"}


@pytest.mark.parametrize("value", ["hot", True, [], {}, "0x10", "1_000", "nan", "inf"])
def test_what_is_no_number_is_refused_by_its_name(value: Any) -> None:
    with pytest.raises(BadField) as refused:
        Body({"a": value}, path="b.").number("a", least=0, most=1)
    assert refused.value.param == "b.a"


@pytest.mark.parametrize(
    "reading",
    [
        lambda body: body.text("long", most=3),
        lambda body: body.text("list"),
        lambda body: body.items("list", most=1),
        lambda body: body.flag("long"),
        lambda body: body.object("long"),
        lambda body: body.integer("half", least=0, most=9),
        lambda body: body.texts("list", most=1),
    ],
)
def test_every_limit_refuses(reading: Any) -> None:
    with pytest.raises(BadField):
        reading(Body({"long": "abcd", "list": ["a", "b"], "half": 0.5}))


def test_a_needed_text_must_be_there() -> None:
    with pytest.raises(MissingField):
        Body({"a": ""}).needed_text("a")


def test_what_asks_for_nothing_is_not_ignored() -> None:
    body = Body({"zero": 0, "none": None, "empty": {}, "one": 1, "bias": {"7": 1}})
    body.ignore("zero", "none", "empty", "absent")
    body.ignore("one", neutral=(1,))
    body.ignore("bias")
    assert body.ignored == ["bias"]
    with pytest.raises(UnsupportedField):
        Body({"bias": {"7": 1}}, is_strict=True).ignore("bias")


def multipart(*parts: bytes, end: bytes = b"--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b" + end


FORM_OF_B = "multipart/form-data; boundary=b"
FIELD = b'Content-Disposition: form-data; name="prompt"\r\n\r\na hat'
FILE = (
    b'Content-Disposition: form-data; name="image[]"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    b"\x89PNG\r\n--\x00"
)


async def test_a_form_has_fields_and_files() -> None:
    body = await read(multipart(FIELD, FILE, FILE), FORM_OF_B)
    assert body.text("prompt") == "a hat"
    assert body.files["image"] == [b"\x89PNG\r\n--\x00"] * 2
    assert body.file("mask", "image") == b"\x89PNG\r\n--\x00"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (multipart(FIELD), "multipart/form-data"),
        (multipart(FIELD), "multipart/form-data; boundary=" + "x" * 300),
        (multipart(FIELD), "multipart/form-data; boundary=other"),
        (multipart(FIELD, end=b""), FORM_OF_B),
        (multipart(*[FIELD] * (MOST_PARTS + 1)), FORM_OF_B),
        (multipart(b"X: " + b"x" * 5000 + b"\r\n\r\n"), FORM_OF_B),
        (multipart(b"no headers"), FORM_OF_B),
        (multipart(b"Content-Disposition: form-data\r\n\r\nx"), FORM_OF_B),
        (multipart(b"Content-Disposition: form-data; name*=a; name*1=b\r\n\r\nx"), FORM_OF_B),
        (multipart(b"Content-Disposition: form-data; name=a; filename*=a; filename*1=b\r\n\r\nx"), FORM_OF_B),
        (multipart(FIELD), "multipart/form-data; boundary*=b; boundary*1=c"),
        (multipart(b'Content-Disposition: form-data; name="a"\r\n\r\n\xff'), FORM_OF_B),
        (multipart(b'Content-Disposition: form-data; name="a"\r\n\r\n\0'), FORM_OF_B),
        (b"&".join(b"a%d=1" % number for number in range(100)), "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_broken_form_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises((BadRequest, NulByteInPayload)):
        await read(body, content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary={}; charset=utf-8",
        "multipart/form-data; Boundary={}",
        'Multipart/Form-Data;boundary="{}"',
    ],
)
async def test_a_form_that_is_sent_again_is_the_same_whatever_stands_between_its_parts(content_type: str) -> None:
    sent = [multipart(FIELD, FILE).replace(b"--b", b"--" + boundary.encode()) for boundary in ("first", "second")]
    first = await read(sent[0], content_type.format("first"), "once")
    again = await read(sent[1], content_type.format("second"), "once")
    other = await read(sent[1].replace(b"a hat", b"a cat"), content_type.format("second"), "once")
    assert first.digest == again.digest != other.digest


async def test_an_object_in_a_form_is_json() -> None:
    part = b'Content-Disposition: form-data; name="horde"\r\n\r\n{"steps": 9}'
    body = await read(multipart(part), FORM_OF_B)
    assert body.merged("horde").integer("steps", least=1, most=99) == 9
