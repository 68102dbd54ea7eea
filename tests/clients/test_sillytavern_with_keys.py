"""SillyTavern's own server with the keys of its user: what is refused, what is called and what is stopped.

What it does with each of its connections is in `test_sillytavern.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from clients.open_webui import WEATHER
from clients.sillytavern import SillyTavern
from clients.text_clients import ABSENT, MODEL, nothing_waits
from horde_processes import RunningHorde, wait_until

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

PAINTER = "ember-demo"
WRONG = "nobody-has-this-key-00"
SECRETS = ("api_key_custom", "api_key_generic", "api_key_koboldcpp", "api_key_vllm")
CHATS = "/api/backends/chat-completions"
TEXTS = "/api/backends/text-completions"
KOBOLD = "/api/backends/kobold"


@pytest.fixture
def key(tavern: SillyTavern, talkers: RunningHorde) -> Iterator[str]:
    """Of a user of the horde, and known to the program."""
    made = str(talkers.create_user("tavern", trusted=True)["api_key"])
    use_key(tavern, made)
    yield made
    use_key(tavern, made)


def use_key(program: SillyTavern, key: str) -> None:
    for name in SECRETS:
        told(program, "/api/secrets/write", {"key": name, "value": key})


def told(program: SillyTavern, path: str, body: dict[str, Any]) -> Any:
    """The answer of a call that must succeed: it tells most failures with 200."""
    status, answer = program.post(path, body)
    assert status == 200, (path, status, answer)
    return answer


def queued(horde: RunningHorde, what: str) -> int:
    return int(horde.api("status/performance")[1][what])


def chat(horde: RunningHorde, **wishes: Any) -> dict[str, Any]:
    """As its page asks for a chat completion of a custom address."""
    return {
        "chat_completion_source": "custom", "custom_url": f"{horde.url}/v1", "model": MODEL, "stream": False,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Of a lighthouse."}],
        "max_tokens": 24, "temperature": 0.7, "presence_penalty": 0, "frequency_penalty": 0, "top_p": 1, **wishes,
    }  # fmt: skip


def test_a_chat_calls_a_function_and_is_refused_and_stopped(
    tavern: SillyTavern, talkers: RunningHorde, caller: str, key: str
) -> None:
    wish = chat(talkers, model=caller, tools=[WEATHER], tool_choice="auto")
    [choice] = told(tavern, f"{CHATS}/generate", wish)["choices"]
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"place": "harbour"}
    refused = told(tavern, f"{CHATS}/generate", chat(talkers, model="no-such-model"))
    assert refused["error"]["message"] == "Not Found"  # it tells the status, and logs what it was told
    with tavern.opened(f"{CHATS}/generate", chat(talkers, model=ABSENT, stream=True)) as answer:
        assert answer.status == 200
        assert queued(talkers, "queued_text_requests") == 1
    nothing_waits(talkers)
    use_key(tavern, WRONG)
    assert told(tavern, f"{CHATS}/status", chat(talkers))["error"]


@pytest.mark.parametrize("kind", ["koboldcpp", "generic", "vllm", "ollama"])
def test_a_text_is_refused(tavern: SillyTavern, talkers: RunningHorde, kind: str, key: str) -> None:
    asked = {
        "api_type": kind, "api_server": talkers.url, "model": MODEL, "prompt": "Once upon a time", "stream": False,
        "max_tokens": 24, "max_length": 24, "num_predict": 24, "truncation_length": 2048,
    }  # fmt: skip
    text = told(tavern, f"{TEXTS}/generate", asked)
    assert (text["response"] if kind == "ollama" else text["choices"][0]["text"]).strip()
    refused = told(tavern, f"{TEXTS}/generate", {**asked, "model": "no-such-model"})
    assert refused["status"] == 404 and MODEL in refused["response"]
    if kind != "ollama":  # to which it sends no key
        use_key(tavern, WRONG)
        assert tavern.post(f"{TEXTS}/status", asked)[0] == 400
        assert told(tavern, f"{TEXTS}/generate", asked)["status"] == 401


def test_koboldai_takes_the_key_in_its_address(tavern: SillyTavern, talkers: RunningHorde, key: str) -> None:
    """It sends none there."""
    asked = {
        "api_server": f"{talkers.url}/k/{key}/api", "prompt": "Once upon a time", "max_length": 24, "streaming": False,
        "max_context_length": 512, "temperature": 0.7, "rep_pen": 1.1, "stop_sequence": ["\nYou:"], "can_abort": True,
    }  # fmt: skip
    assert told(tavern, f"{KOBOLD}/status", asked)["model"].startswith("koboldcpp/")
    assert told(tavern, f"{KOBOLD}/generate", asked)["results"][0]["text"].strip()
    wrong = {**asked, "api_server": f"{talkers.url}/k/{WRONG}/api"}
    assert told(tavern, f"{KOBOLD}/status", wrong)["model"] == "no_connection"
    status, refused = tavern.post(f"{KOBOLD}/generate", wrong)
    assert status == 400 and "API key" in refused["error"]["message"]


def test_a_picture_is_refused_and_interrupted(tavern: SillyTavern, talkers: RunningHorde, key: str) -> None:
    wait_until(lambda: "Ctrl-C stops everything" in talkers.log(), 120, "the first picture")
    there = {"url": talkers.url, "auth": f"horde:{key}"}
    assert tavern.post("/api/sd/ping", {**there, "auth": f"horde:{WRONG}"})[0] == 500
    assert tavern.post("/api/sd/set-model", {**there, "model": "no-such-model"})[0] == 500
    assert tavern.post("/api/sd/set-model", {**there, "model": PAINTER})[0] == 200
    assert tavern.post("/api/sd/get-model", there) == (200, PAINTER)
    asked = {
        **there, "prompt": "a red circle on a blue background", "steps": 8, "sampler_name": "Euler a", "width": 64,
        "height": 64, "override_settings": {"CLIP_stop_at_last_layers": 1, "forge_additional_modules": []},
    }  # fmt: skip
    assert len(told(tavern, "/api/sd/generate", asked)["images"]) == 1
    connection = tavern.sent("/api/sd/generate", {**asked, "model": "Deliberate"})
    wait_until(lambda: queued(talkers, "queued_requests") == 1, 20, "it waits")
    connection.close()
    wait_until(lambda: queued(talkers, "queued_requests") == 0, 10, "the request is cancelled")
