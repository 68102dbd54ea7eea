"""A published client of KoboldCpp, and the calls of two front ends in their order, on a household with demo workers."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from clients.client_places import SCRIPTS, newer_python, python_place, run_client
from clients.text_clients import ABSENT, MODEL, nothing_waits
from horde_processes import RunningHorde, call, wait_until

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time

STORY = {"prompt": "Once upon a time", "max_length": 24, "max_context_length": 512, "temperature": 0.7}


def test_the_published_python_package(talkers: RunningHorde, tmp_path: Path) -> None:
    """`koboldapi`: it sends no key, so the address has it."""
    python = python_place("koboldapi==0.5.4", newer_python())
    key = talkers.create_user("kay")["api_key"]
    command = [str(python), str(SCRIPTS / "koboldapi_calls.py"), talkers.url, key, ABSENT]
    told = run_client(command, talkers, tmp_path)
    assert told["model"].startswith("koboldcpp/")
    assert told["version"]["result"] == "KoboldCpp"
    assert told["context"] > 0
    assert told["text"].strip() and told["streamed"].strip()
    assert told["count"] == {"count": 4, "tokens": []}
    assert (told["check"], told["idle"]) == ("", 1)
    assert told["aborted"] == [True, [""]]
    assert "401" in told["wrong_key"]
    nothing_waits(talkers)


@contextmanager
def opened(horde: RunningHorde, path: str, body: dict[str, Any], key: str = "") -> Iterator[HTTPResponse]:
    """A call whose answer is read as it comes, and whose connection ends with the block."""
    connection = HTTPConnection(urlsplit(horde.url).netloc, timeout=60)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        yield connection.getresponse()
    finally:
        connection.close()


def tokens(answer: HTTPResponse) -> Iterator[dict[str, Any]]:
    """What the events of a stream tell, as front ends read them."""
    for line in answer:
        if line.startswith(b"data: "):
            yield json.loads(line[len(b"data: ") :])


def get(horde: RunningHorde, path: str) -> Any:
    status, told = call(f"{horde.url}{path}")
    assert status == 200, told
    return told


def post(horde: RunningHorde, path: str, body: dict[str, Any]) -> Any:
    status, told = call(f"{horde.url}{path}", body)
    assert status == 200, told
    return told


def test_a_browser_connects_writes_and_stops(talkers: RunningHorde) -> None:
    """Shaped as KoboldAI Lite: from another origin, with a name for each request, looking at how far it is."""
    asked = urllib.request.Request(f"{talkers.url}/api/v1/generate", method="OPTIONS")
    asked.add_header("Origin", "http://lite.example")
    asked.add_header("Access-Control-Request-Headers", "content-type,authorization")
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert get(talkers, "/api/v1/model")["result"].startswith("koboldcpp/")
    assert get(talkers, "/api/v1/info/version")["result"] >= "1.2.2"
    assert get(talkers, "/api/extra/version")["result"] == "KoboldCpp"
    longest = get(talkers, "/api/extra/true_max_context_length")["value"]
    assert get(talkers, "/api/v1/config/max_context_length")["value"] == longest > 0
    assert get(talkers, "/api/v1/config/max_length")["value"] >= 16
    assert get(talkers, "/api/extra/preloadstory") == {}
    assert get(talkers, "/api/extra/perf")["idle"] == 1

    body = {**STORY, "genkey": "KCPP1001", "memory": "A tale of the sea. ", "stop_sequence": ["\n\n"]}
    with opened(talkers, "/api/extra/generate/stream", body) as answer:
        told = list(tokens(answer))
    assert "".join(each["token"] for each in told).strip()
    assert told[-1]["finish_reason"] in ("stop", "length")

    # One that waits for a worker that does not come: it is looked at, and stopped by its name.
    waits = {**STORY, "genkey": "KCPP1002", "model": ABSENT}
    ended: list[Any] = []
    waiting = threading.Thread(target=lambda: ended.append(post(talkers, "/api/v1/generate", waits)))
    waiting.start()
    wait_until(lambda: get(talkers, "/api/extra/perf")["idle"] == 0, 20, "it waits")
    assert post(talkers, "/api/extra/generate/check", {"genkey": "KCPP1002"}) == {"results": [{"text": ""}]}
    assert post(talkers, "/api/extra/abort", {"genkey": "KCPP9999"})["success"] == "false"
    assert post(talkers, "/api/extra/abort", {"genkey": "KCPP1002"}) == {"success": "true", "done": "true"}
    waiting.join(30)
    assert ended and ended[0]["results"][0]["text"] == ""
    nothing_waits(talkers)


def test_a_front_end_stops_by_closing(talkers: RunningHorde) -> None:
    """Shaped as SillyTavern: it tests the key, counts tokens, reads token by token, and stops by closing the call."""
    key = talkers.create_user("sid")["api_key"]
    refused, told = call(f"{talkers.url}/api/v1/model", key="nobody-has-this-key-00")
    assert refused == 401 and told["detail"]["msg"]
    assert get(talkers, f"/k/{key}/api/v1/model")["result"].startswith("koboldcpp/")
    assert post(talkers, "/api/extra/tokencount", {"prompt": "Once upon a time"})["value"] == 4
    body = {
        **STORY, "rep_pen": 1.1, "rep_pen_range": 600, "rep_pen_slope": 0.9, "sampler_order": [6, 0, 1, 2, 3, 4, 5],
        "singleline": False, "tfs": 1, "top_a": 0, "top_k": 0, "top_p": 0.9, "min_p": 0, "typical": 1,
        "use_default_badwordsids": False, "stop_sequence": ["\nYou:"], "sampler_seed": -1, "grammar": "",
        "can_abort": True,
    }  # fmt: skip
    with opened(talkers, "/api/v1/generate", body, key) as answer:
        assert json.loads(answer.read())["results"][0]["text"].strip()
        assert answer.headers["Horde-Ignored"] is None
    with opened(talkers, "/api/extra/generate/stream", {**body, "streaming": True}, key) as answer:
        assert "".join(each["token"] for each in tokens(answer)).strip()

    with opened(talkers, "/api/extra/generate/stream", {**body, "model": ABSENT}, key) as answer:
        assert answer.status == 200
        assert answer.readline() == b": ka\n"  # nobody serves, and the connection lives
        request = answer.headers["Horde-Request"]
        assert talkers.api(f"generate/text/status/{request}")[1]["waiting"] == 1
    began = time.monotonic()
    wait_until(lambda: talkers.api(f"generate/text/status/{request}")[1]["waiting"] == 0, 5, "it is cancelled")
    assert time.monotonic() - began < 5
    with opened(talkers, "/api/v1/generate", {**body, "model": "no-such-model"}, key) as answer:
        assert answer.status == 404
        assert MODEL in json.loads(answer.read())["detail"]["msg"]
    nothing_waits(talkers)
