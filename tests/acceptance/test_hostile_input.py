"""Hostile input on every route of our own OpenAPI document: refused with a message, no 5xx, no traceback in the log."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from acceptance.kinds_on_the_wire import ALCHEMY, TEXT
from horde_processes import RunningHorde, clean_environment, running_horde

pytestmark = pytest.mark.acceptance

AGENT = "AI Horde Worker reGen:13.0.0:https://example.org"
CHECKS = (
    # left out are those that want every refusal to follow from the schema alone: a horde refuses by rule (kudos, roles,
    # models), bears unknown fields, and says 400 where the key is missing
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "unsupported_method",
)  # fmt: skip
NUMBERS = ("steps", "n", "width", "cfg_scale", "kudos", "concurrency", "max_pixels", "max_length", "threads", "seed")
TEXTS = ("url", "prompt", "name", "id", "username", "generation")
HOSTILE_BODIES = {
    "nothing": b"",
    "no JSON": b"{prompt: harbour",
    "half a document": b'{"prompt": "a harbour"',
    "a number": b"1",
    "null": b"null",
    "a list": b"[]",
    "not UTF-8": b'{"prompt": "\xff\xfe"}',
    "NUL bytes": b'{"prompt": "a\\u0000b", "name": "a\\u0000b", "id": "a\\u0000b", "username": "a\\u0000bcd", '
    b'"url": "a\\u0000b", "forms": ["a\\u0000b"]}',  # a pop of an alchemist needs a name only, whose NULs are dropped
    "raw NUL bytes": b'{"prompt": "\0"}',
    "deep nesting": b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a huge integer": json.dumps(
        dict.fromkeys(NUMBERS, 10**400) | {"params": dict.fromkeys(NUMBERS, 10**400)}
    ).encode(),
    "a huge float": b'{"prompt": "x", "params": {"cfg_scale": 1e999, "top_p": 1e999}, "kudos": 1e999, '
    b'"filter_type": 1e999}',
    "not a number": b'{"prompt": "x", "params": {"cfg_scale": NaN, "top_p": NaN}, "kudos": NaN, '
    b'"seed": -Infinity, "filter_type": NaN}',
    "wrong types": json.dumps({name: {"a": []} for name in (*NUMBERS, *TEXTS)} | {"params": 5, "models": "x"}).encode(),
    "many keys": json.dumps({f"key{number}": number for number in range(20_000)}).encode(),
}
HARMLESS = {
    ("PUT", "/api/v2/sharedkeys", "many keys"),
    *(("PATCH", f"/api/v2/styles/{kind}/{{style_id}}", "many keys") for kind in ("image", "text")),
    *(
        ("PATCH", f"/api/v2/{path}", what)
        for path in ("styles/image/{style_id}/example/{example_id}", "collections/{collection_id}")
        for what in ("many keys", "a huge integer", "a huge float", "not a number")
    ),
}
"""Where no field is needed, unknown ones make no difference."""
HOSTILE_PARAMETERS = (
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "-1",
    "9" * 400,
    "%ff%fe",
    "'; DROP TABLE account; --".replace(" ", "%20"),
    "%C3%A9" * 50,
)
GOES_ON = ("events",)
"""The last or last but one part of paths whose answers go on until something happens: these end at once."""
QUERY = (
    "type",
    "name",
    "min_count",
    "model_state",
    "page",
    "validity",
    "user_id",
    "worker_id",
    "format",
    "last",
    "previews",
)
HOSTILE_HEADERS = (
    {"apikey": "x" * 60_000},
    {"apikey": "é\xff"},
    {"X-Fields": "{" * 5_000},
    {"Client-Agent": "é" * 5_000},
)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """A server whose log is read at the end: whatever happened, nothing went wrong inside it."""
    with running_horde(
        "serve", tmp_path_factory.mktemp("hostile"), HORDE_RATE_LIMITS="0", HORDE_ADMINS='["root#1"]'
    ) as horde:
        yield horde
        log = horde.log()
        assert "Traceback" not in log, log[-3000:]
        assert "unhandled" not in log, log[-3000:]


@pytest.fixture(scope="module")
def known(target: RunningHorde) -> dict[str, str]:
    """Things that exist, so that hostile requests get past "there is no such thing"."""
    key = target.create_user("root", kudos=1000, customizer=True)["api_key"]
    status, asked = target.api("generate/async", {"prompt": "a harbour"}, key=key)
    assert status == 202, asked
    pop = {"name": "target", "models": ["stable_diffusion"], "bridge_agent": AGENT, "max_pixels": 4_000_000}
    target.api("generate/pop", pop, key=key)
    worker = target.api("workers")[1][0]
    added = target.api("filters", {"regex": "kitten", "filter_type": 10}, key=key, method="PUT")[1]
    invited = target.api("invitations", {"uses": 1}, key=key)[1]
    own = target.api("keys", {"name": "bot", "scopes": ["ask"]}, key=key)[1]
    shared = target.api("sharedkeys", {"name": "for friends"}, key=key, method="PUT")[1]
    news = target.api("operations/news", {"title": "Bees", "newspiece": "Bees."}, key=key)[1]
    banned = target.api("operations/bans", {"worker_name": "nobody has this name"}, key=key)[1]
    entry = target.api("operations/audit", key=key)[1][-1]
    style = target.api("styles/image", {"name": "woodcut", "models": ["stable_diffusion"]}, key=key)[1]["id"]
    example = {"url": "https://example.org/a.webp", "primary": False}
    collection = target.api("collections", {"name": "prints", "styles": [style]}, key=key)[1]["id"]
    text = target.api("generate/text/async", TEXT.request(1), key=key)[1]["id"]
    job = target.api("generate/text/pop", {**TEXT.offer("text target"), "streams": True}, key=key)[1]["id"]
    vectors = target.api("generate/embedding/async", {"input": ["a harbour"], "models": ["none"]}, key=key)[1]["id"]
    pictured = target.api("interrogate/async", ALCHEMY.request(1), key=key)[1]["id"]
    return {
        "text": text,
        "job": job,
        "embedding": vectors,
        "interrogation": pictured,
        "key": key,
        "invitation_id": invited["id"],
        "ban_id": str(banned["id"]),
        "entry_id": str(entry["id"]),
        "report_id": "1",
        "key_id": str(own["id"]),
        "sharedkey_id": shared["id"],
        "team_id": target.api("teams", {"name": "Keepers"}, key=key)[1]["id"],
        "message_id": target.api("workers/messages", {"message": "Hello."}, key=key)[1]["id"],
        "news_id": news["id"],
        "document_name": "terms",
        "id": asked["id"],
        "user_id": "1",
        "style_id": style,
        "style_name": "woodcut",
        "example_id": target.api(f"styles/image/{style}/example", example, key=key)[1]["id"],
        "collection_id": collection,
        "collection_name": "prints",
        "worker_id": worker["id"],
        "worker_name": worker["name"],
        "filter_id": added["id"],
        "ipaddr": "192.0.2.7",
    }


OWN_IDS = {
    "/generate/text/": "text", "/generate/embedding/": "embedding", "/interrogate/": "interrogation", "/pieces/": "job",
}  # fmt: skip
"""Whose thing `{id}` is in paths with such a part; elsewhere that of a request for images."""


def address_of(path: str, known: dict[str, str]) -> str:
    """A path with things that exist."""
    own = next((known[name] for part, name in OWN_IDS.items() if part in path), known["id"])
    return path.format(**{**known, "id": own, "model_name": "x"})


def operations(target: RunningHorde) -> list[tuple[str, str, bool]]:
    """Method, path and whether it takes a body, of every operation in the OpenAPI document."""
    document = exchange(target, "GET", "/openapi.json")[1]
    return [
        (method.upper(), path, "requestBody" in operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def exchange(
    target: RunningHorde, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """One exchange without a client's good manners; status 0 where the server hangs up on a body that is too large."""
    connection = http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value.encode())
        if body is not None:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(body)  # may be refused before all of it was sent: the answer is there to read
        answer = connection.getresponse()
        raw = answer.read()
        return answer.status, json.loads(raw) if raw.startswith((b"{", b"[")) else raw
    finally:
        connection.close()


def assert_refused(status: int, answer: Any, what: str) -> None:
    assert 400 <= status < 500, f"{what}: {status} {answer}"
    assert isinstance(answer, dict) and answer["message"], f"{what}: {status} {answer}"


def test_hostile_bodies_are_refused_with_a_message(target: RunningHorde, known: dict[str, str]) -> None:
    taking_bodies = [(method, path) for method, path, takes_body in operations(target) if takes_body]
    assert len(taking_bodies) >= 4
    for method, path in taking_bodies:
        for what, body in HOSTILE_BODIES.items():
            status, answer = exchange(target, method, address_of(path, known), body, {"apikey": known["key"]})
            if (method, path, what) not in HARMLESS:
                assert_refused(status, answer, f"{method} {path} with {what}")


HOSTILE_PIECES: dict[str, dict[str, Any]] = {
    "a negative number": {"seq": -1},
    "a huge number": {"seq": 2**63},
    "a place before the text": {"seq": 1, "at": -1, "text": "x"},
    "a place far behind it": {"seq": 1, "at": 4_000_000, "text": "x"},
    "a NUL": {"seq": 1, "at": 0, "text": "a\0b"},
    "too much text": {"seq": 1, "at": 0, "text": "x" * 17_000},
    "too many deltas": {"seq": 1, "deltas_at": 0, "deltas": [{"content": "x"}] * 65},
    "deltas that are none": {"seq": 1, "deltas_at": 0, "deltas": ["x", 5, None]},
    "a delta that is too large": {"seq": 1, "deltas_at": 0, "deltas": [{"content": "x" * 17_000}]},
    "deltas of another place": {"seq": 1, "deltas_at": 7, "deltas": [{"content": "x"}]},
    "steps without end": {"seq": 1, "step": 10**9, "steps": 10**9},
    "a picture that there is not": {"seq": 1, "index": 20},
}


def test_hostile_pieces_leave_nothing_in_a_stream(target: RunningHorde, known: dict[str, str]) -> None:
    """Of a job in hand that somebody listens to: what comes after them is the whole that is told."""
    path, headers = f"/api/v2/generate/pieces/{known['job']}", {"apikey": known["key"]}
    with contextlib.closing(http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=30)) as listening:
        listening.request("GET", f"/api/v2/generate/text/events/{known['text']}")
        stream = listening.getresponse()
        assert stream.status == 200
        for what, piece in HOSTILE_PIECES.items():
            time.sleep(0.06)  # more than 20 a second are refused anyhow
            status, answer = exchange(target, "POST", path, json.dumps(piece).encode(), headers)
            assert_refused(status, answer, what)
            assert status != 429, what
        status, answer = exchange(target, "POST", path, b'{"seq": 2, "at": 0, "text": "There was"}', headers)
        assert (status, answer["next"], answer["wanted"]) == (200, len("There was"), True), answer
        result = {"id": known["job"], "generation": "There was a harbour."}
        assert target.api("generate/text/submit", result, key=known["key"])[0] == 200
        with stream:
            told = stream.read().decode()
    assert re.findall(r'"text":"([^"]*)"', told)[:2] == ["There was", " a harbour."], told
    assert "event: end" in told


def test_a_body_over_the_limit_is_refused_without_reading_it(target: RunningHorde, known: dict[str, str]) -> None:
    body = b'{"prompt": "' + b"x" * 10_000_000 + b'"}'
    for method, path, takes_body in operations(target):
        if takes_body:
            status, answer = exchange(target, method, address_of(path, known), body, {"apikey": known["key"]})
            assert_refused(status, answer, f"{method} {path} with 10 MB")


def test_hostile_path_parameters_name_nothing(target: RunningHorde, known: dict[str, str]) -> None:
    for method, path, _ in operations(target):
        if "{" not in path or "model_name" in path:  # any text may be a model's name
            continue
        for parameter in HOSTILE_PARAMETERS:
            hostile = dict.fromkeys((*known, "model_name"), parameter)
            status, answer = exchange(target, method, path.format(**hostile), b"{}", {"apikey": known["key"]})
            assert_refused(status, answer, f"{method} {path} with {parameter[:40]}")


def test_hostile_query_parameters_and_headers_do_no_harm(target: RunningHorde, known: dict[str, str]) -> None:
    for method, path, takes_body in operations(target):
        address = address_of(path, known)
        if method == "DELETE":
            continue
        end = "seconds=0&" if {*path.split("/")[-2:]} & {*GOES_ON} else ""
        for headers in HOSTILE_HEADERS:
            status, answer = exchange(target, method, f"{address}?{end}", b"{}" if takes_body else None, headers)
            assert status < 500, f"{method} {path} with {list(headers)}: {status} {answer}"
        for parameter in HOSTILE_PARAMETERS:
            query = end + "&".join(f"{name}={parameter}" for name in QUERY)
            status, answer = exchange(target, method, f"{address}?{query}", b"{}" if takes_body else None)
            assert status < 500, f"{method} {path} with {parameter[:40]}: {status} {answer}"


@pytest.mark.parametrize("examples", [5, pytest.param(25, marks=pytest.mark.slow)])
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing(target: RunningHorde, known: dict[str, str], tmp_path: Path, examples: int) -> None:
    """Of each operation all that follows from its schema, and so many examples by chance: few here, more in `slow`."""
    settings = tmp_path / "schemathesis.toml"
    parameters = {name: known[name] for name in known if name != "key"}
    settings.write_text(
        "[parameters]\n"
        + "".join(f'"path.{name}" = "{value}"\n' for name, value in parameters.items())
        + '"query.seconds" = 0\n'  # of what goes on for ever
    )
    program = str(Path(sys.executable).parent / "schemathesis")
    command = [program, "--config-file", str(settings), "run", f"{target.url}/openapi.json"]
    command += ["--checks", ",".join(CHECKS), "--max-examples", str(examples), "--suppress-health-check", "all"]
    command += ["--generation-database", "none", "--seed", "7", "--no-color"]
    # in maintenance, or kept out, nothing else would be looked at; and an account's events go on and on
    for operation in (
        "put_horde_modes", "put_operations_block_worker_ip", "post_operations_ip", "get_account_events",
    ):  # fmt: skip
        command += ["--exclude-operation-id", operation]
    for key in (known["key"], "0000000000"):
        run = subprocess.run(
            [*command, "--header", f"apikey:{key}"],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=190,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
