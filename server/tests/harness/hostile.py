"""Bodies that nobody means, made from one that is good: every field of it, at every depth, with every odd value.

For all dialects: whatever comes, a call is refused in the dialect's shape, or taken, and never 500.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx

ODD: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 0.5, 1e308, 10**400, "", " ", "x", "x" * 300, "\0", "\ud800", "nan", "1e999", "\u202e", "9" * 60,
    [], {}, [None], [[]], [{}], [1, "x", None], {"": None}, {"type": None}, {"a": {"b": [{}]}}, "http://127.0.0.1:1/x",
    "data:image/png;base64,AAAA", ["x"] * 3000,
)  # fmt: skip
RAW: Final[tuple[tuple[bytes, str], ...]] = (
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"null", "application/json"),
    (b"[]", "application/json"),
    (b'"x"', "application/json"),
    (b"\xff\xfe", "application/json"),
    (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json"),
    (b'{"a":[' + b"1," * 60_000 + b"1]}", "application/json"),
    (b'{"a":"' + b"\\ud800" * 1000 + b'"}', "application/json"),
    (b"{}", "application/json; charset=utf-16"),
    (b"a=b", "application/x-www-form-urlencoded"),
    (b"--b\r\n", "multipart/form-data; boundary=b"),
    (b"x", "multipart/form-data"),
    (b"--\r\n\r\n\r\n----", "multipart/form-data; boundary="),
    (b"{}", "x" * 2000),
)

IsRefusal = Callable[[httpx.Response], bool]
"""Whether an answer is a refusal in the dialect's shape."""
_TAKEN: Final = (200, 502, 503, 504)
"""What is good after all is answered, or given up where nobody serves it."""


def mutations(example: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The example with one thing in it odd, and where."""
    yield from ((path, odd) for odd in ODD)
    if isinstance(example, dict):
        for name, value in example.items():
            yield from mutations(value, (*path, name))
    elif isinstance(example, list) and example:
        yield from mutations(example[0], (*path, 0))


def with_odd(example: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The example with the odd value there."""
    if not path:
        return odd
    made = copy.deepcopy(example)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return made


async def attack(
    client: httpx.AsyncClient, path: str, example: dict[str, Any], is_refusal: IsRefusal, method: str = "POST"
) -> int:
    """Send all of it; how much that was. Raises `AssertionError` with the first that was answered otherwise."""
    count = 0
    for where, odd in mutations(example):
        content = json.dumps(with_odd(example, where, odd)).encode()
        answer = await client.request(method, path, content=content, headers={"content-type": "application/json"})
        _check(answer, is_refusal, f"{method} {path}: {'.'.join(map(str, where))} = {repr(odd)[:80]}")
        count += 1
    for content, content_type in RAW:
        answer = await client.request(method, path, content=content, headers={"content-type": content_type})
        _check(answer, is_refusal, f"{method} {path}: {content[:40]!r} as {content_type[:40]}")
        count += 1
    return count


def _check(answer: httpx.Response, is_refusal: IsRefusal, what: str) -> None:
    told = f"{what} → {answer.status_code} {answer.text[:300]}"
    if answer.status_code in _TAKEN:
        assert answer.status_code == 200 or is_refusal(answer), told
        return
    assert 400 <= answer.status_code < 500 and is_refusal(answer), told
    assert len(answer.content) < 20_000, told
