"""`Prefer: wait=N` (RFC 7240) and `?wait=N`: taken where they can be, ignored where not."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from horde_server.http.preferences import asks_to_wait, wait_asked_s


def a_request(*prefer: str, query: str = "") -> Scope:
    headers = [(b"host", b"horde"), *((b"prefer", value.encode()) for value in prefer)]
    return {"headers": headers, "query_string": query.encode()}


@pytest.mark.parametrize(
    ("request_", "wait_s"),
    [
        (a_request(), 0),
        (a_request("wait=10"), 10),
        (a_request('WAIT = "7"'), 7),
        (a_request("respond-async, wait=10; foo"), 10),
        (a_request("respond-async", "wait=10"), 10),
        (a_request(query="wait=10"), 10),
        (a_request(query="a=1&wait=9&b=2"), 9),
        (a_request("wait=20", query="wait=10"), 10),
        (a_request("wait=10", query="wait=20"), 10),
        (a_request("wait=600"), 55),
        (a_request("wait=99999999999999999999"), 0),
        (a_request("wait=0"), 0),
        (a_request("wait=-5"), 0),
        (a_request("wait=soon"), 0),
        (a_request("wait=1.5"), 0),
        (a_request("wait"), 0),
        (a_request("await=5"), 0),
        (a_request(query="wait="), 0),
        (a_request("wait=x", query="wait=8"), 8),
        (a_request(query="x=" + "y" * 5000 + "&wait=5"), 0),
    ],
)
def test_the_seconds_asked_for(request_: Scope, wait_s: int) -> None:
    assert wait_asked_s(request_, 55) == wait_s
    assert asks_to_wait(request_) or wait_s == 0
