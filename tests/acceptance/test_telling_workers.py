"""Workers that tell of a job while they make it: real ones, at a real horde, seen by whoever asked."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from horde_processes import PROGRAM, RunningHorde, call, clean_environment, running_horde, wait_until
from PIL import Image

pytestmark = pytest.mark.acceptance

SOON_S = 60.0


@contextmanager
def at_work(horde: RunningHorde, folder: Path, key: str, backend: str, **environment: str) -> Iterator[Path]:
    """A worker as a process; where its log is."""
    log = folder / f"{backend}.log"
    command = [PROGRAM, "work", "--horde", horde.url, "--name", f"teller of {backend}", "--backend", backend]
    with log.open("wb") as told:
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=told,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=clean_environment(
                HORDE_API_KEY=key, HORDE_WORKER_CONFIG="none", XDG_STATE_HOME=str(folder / "state"), **environment
            ),
        )
    try:
        yield log
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.wait(30)


def streamed(horde: RunningHorde, path: str, body: dict[str, Any] | None, key: str) -> Iterator[tuple[str, str]]:
    """Names and data of the events of a stream."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    data = None if body is None else json.dumps(body).encode()
    name = ""
    with urllib.request.urlopen(urllib.request.Request(horde.url + path, data, headers), timeout=SOON_S) as answer:
        for line in answer:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, value


def until_served(horde: RunningHorde, model: str) -> None:
    """Wait until the worker has asked for work."""

    def served() -> bool:
        status, found = call(f"{horde.url}/v1/models")
        time.sleep(0.5)  # it may be asked twice a second
        return status == 200 and model in {one["id"] for one in found["data"]}

    wait_until(served, SOON_S, f"{model} is served")


def test_a_text_is_seen_while_it_is_written(tmp_path: Path) -> None:
    """In several pieces, which come to what was delivered."""
    with running_horde("serve", tmp_path / "horde") as horde:
        owner, caller = horde.create_user("owner"), horde.create_user("caller", kudos=1000)
        with at_work(horde, tmp_path, owner["api_key"], "demo-text"):
            until_served(horde, "ember-demo-text")
            body = {"model": "ember-demo-text", "prompt": "Once upon a time", "max_tokens": 200, "stream": True}
            told = list(streamed(horde, "/v1/completions", body, caller["api_key"]))
            assert told.pop() == ("", "[DONE]")
            chunks = [json.loads(data) for _, data in told]
            pieces = [one["choices"][0]["text"] for one in chunks if one["choices"] and one["choices"][0]["text"]]
            assert len(pieces) > 2
            request = chunks[-1]["horde"]["id"]
            [made] = horde.api(f"generate/text/status/{request}")[1]["generations"]
            assert made["text"] == "".join(pieces)
            assert made["tokens"] > 0


def test_who_turns_away_ends_the_work(tmp_path: Path) -> None:
    """The worker hears of it, stops, and is free for the next."""
    with running_horde("serve", tmp_path / "horde", HORDE_CANCEL_GRACE_S="0") as horde:
        owner, caller = horde.create_user("owner"), horde.create_user("caller", kudos=1000)
        with at_work(horde, tmp_path, owner["api_key"], "demo-text") as log:
            until_served(horde, "ember-demo-text")
            params = {"max_length": 1024, "max_context_length": 2048, "use_default_badwordsids": True}
            asked = {"prompt": "Once upon a time", "params": params, "models": ["ember-demo-text"]}
            status, answer = horde.api("generate/text/async", asked, key=caller["api_key"])
            assert status == 202, answer
            events = streamed(horde, f"/api/v2/generate/events/{answer['id']}", None, caller["api_key"])
            assert any(name == "text" for name, _ in events)  # it is being written
            horde.api(f"generate/text/status/{answer['id']}", method="DELETE", key=caller["api_key"])
            wait_until(lambda: "worker.called_off" in log.read_text(), SOON_S, "the worker stops")
            body = {"model": "ember-demo-text", "prompt": "The cat", "max_tokens": 20}
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {caller['api_key']}"}
            again = urllib.request.Request(f"{horde.url}/v1/completions", json.dumps(body).encode(), headers)
            with urllib.request.urlopen(again, timeout=SOON_S) as found:
                assert json.load(found)["choices"][0]["text"]


def test_a_picture_is_seen_half_made(tmp_path: Path) -> None:
    """Its steps, and how it looks, to those who want to see it."""
    with running_horde("serve", tmp_path / "horde") as horde:
        owner, caller = horde.create_user("owner"), horde.create_user("caller", kudos=10_000)
        with at_work(horde, tmp_path, owner["api_key"], "demo") as log:
            until_served(horde, "ember-demo")
            params = {"width": 1024, "height": 1024, "steps": 300, "sampler_name": "k_heun"}
            asked = {"prompt": "a red circle", "params": params, "models": ["ember-demo"], "nsfw": True}
            status, answer = horde.api("generate/async", asked, key=caller["api_key"])
            assert status == 202, answer
            shown: list[bytes] = []
            steps: list[int] = []
            for name, data in streamed(horde, f"/api/v2/generate/events/{answer['id']}?previews=1", None, "0000000000"):
                if name == "step":
                    steps.append(json.loads(data)["step"])
                if name == "preview":
                    shown.append(base64.b64decode(json.loads(data)["image"].partition(",")[2]))
                if shown and steps:
                    break
            horde.api(f"generate/status/{answer['id']}", method="DELETE", key=caller["api_key"])
            wait_until(lambda: "worker.called_off" in log.read_text(), SOON_S, "the worker stops")
            assert 0 < steps[0] <= 300
            assert max(Image.open(io.BytesIO(shown[0])).size) <= 384
