"""SillyTavern's own server, from npm, on a real horde with demo workers: `make test-silly-tavern`.

What its page calls is called at its server: chat completion, text completion by four of its kinds, KoboldAI, and
pictures by AUTOMATIC1111's API.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from clients.text_clients import ABSENT, MODEL, nothing_waits
from clients.web_programs import WEATHER, WebProgram, chat_text, silly_tavern
from horde_processes import RunningHorde, wait_until
from peers.text.programs import serving

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

PAINTER = "ember-demo"
WRONG = "nobody-has-this-key-00"
SECRETS = ("api_key_custom", "api_key_generic", "api_key_koboldcpp", "api_key_vllm")
CHATS = "/api/backends/chat-completions"
TEXTS = "/api/backends/text-completions"
KOBOLD = "/api/backends/kobold"


@pytest.fixture(scope="module")
def tavern(talkers: RunningHorde, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProgram]:
    """The program, whose keys are a user's of the horde. It puts its page together first, which takes a minute."""
    wait_until(lambda: "Ctrl-C stops everything" in talkers.log(), 120, "the first picture")
    program, folder = silly_tavern(), tmp_path_factory.mktemp("silly-tavern")
    shutil.copy(program / "default" / "config.yaml", folder)
    command = [
        shutil.which("node"), program / "server.js", "--port", "PORT", "--browserLaunchEnabled", "false",
        "--disableCsrf", "true", "--dataRoot", folder / "data", "--configPath", folder / "config.yaml",
    ]  # fmt: skip
    with serving(command, folder / "log", "/csrf-token", HOME=str(folder)) as url:
        yield WebProgram(url)


@pytest.fixture
def key(tavern: WebProgram, talkers: RunningHorde) -> str:
    made = str(talkers.create_user("tavern", trusted=True)["api_key"])
    use_key(tavern, made)
    return made


def use_key(program: WebProgram, key: str) -> None:
    for name in SECRETS:
        program.told("/api/secrets/write", {"key": name, "value": key})


def chat(horde: RunningHorde, **wishes: Any) -> dict[str, Any]:
    """As its page asks for a chat completion of a custom address."""
    return {
        "chat_completion_source": "custom", "custom_url": f"{horde.url}/v1", "model": MODEL, "stream": False,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Of a lighthouse."}],
        "max_tokens": 24, "temperature": 0.7, "presence_penalty": 0, "frequency_penalty": 0, "top_p": 1, **wishes,
    }  # fmt: skip


def test_chat_completion(tavern: WebProgram, talkers: RunningHorde, caller: str, key: str) -> None:
    listed = tavern.told(f"{CHATS}/status", chat(talkers))
    assert {MODEL, "horde/any-text"} <= {one["id"] for one in listed["data"]}
    assert tavern.told(f"{CHATS}/generate", chat(talkers))["choices"][0]["message"]["content"].strip()
    assert chat_text(tavern.streamed(f"{CHATS}/generate", chat(talkers, stream=True))).strip()

    [choice] = tavern.told(f"{CHATS}/generate", chat(talkers, model=caller, tools=[WEATHER], tool_choice="auto"))[
        "choices"
    ]
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"place": "harbour"}

    refused = tavern.told(f"{CHATS}/generate", chat(talkers, model="no-such-model"))
    assert refused["error"]["message"] == "Not Found"  # it tells the status, and logs what it was told
    with tavern.opened(f"{CHATS}/generate", chat(talkers, model=ABSENT, stream=True)) as answer:
        assert answer.status == 200
        assert talkers.api("status/performance")[1]["queued_text_requests"] == 1
    nothing_waits(talkers)

    use_key(tavern, WRONG)
    assert tavern.told(f"{CHATS}/status", chat(talkers))["error"]


def text(horde: RunningHorde, kind: str, **wishes: Any) -> dict[str, Any]:
    """As its page asks for a text completion, with every sampler it has."""
    return {
        "api_type": kind, "api_server": horde.url, "model": MODEL, "prompt": "Once upon a time", "stream": False,
        "max_tokens": 24, "max_new_tokens": 24, "max_length": 24, "num_predict": 24, "truncation_length": 2048,
        "max_context_length": 2048, "temperature": 0.7, "top_p": 0.9, "typical": 1, "typical_p": 1, "min_p": 0.05,
        "top_k": 40, "top_a": 0, "tfs": 1, "repetition_penalty": 1.1, "rep_pen": 1.1, "rep_pen_range": 600,
        "smoothing_factor": 0, "dynatemp_range": 0, "stop": ["\nYou:"], "stopping_strings": ["\nYou:"], "seed": -1,
        "sampler_order": [6, 0, 1, 3, 4, 2, 5], "ignore_eos": False, "add_bos_token": True, **wishes,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["koboldcpp", "generic", "vllm", "ollama"])
def test_text_completion(tavern: WebProgram, talkers: RunningHorde, kind: str, key: str) -> None:
    listed = tavern.told(f"{TEXTS}/status", text(talkers, kind))
    assert MODEL in {one["id"] for one in listed["data"]}
    told = tavern.told(f"{TEXTS}/generate", text(talkers, kind))
    assert (told["response"] if kind == "ollama" else told["choices"][0]["text"]).strip()
    pieces = tavern.streamed(f"{TEXTS}/generate", text(talkers, kind, stream=True))
    assert "".join(one["choices"][0]["text"] for one in pieces if one.get("choices")).strip()

    refused = tavern.told(f"{TEXTS}/generate", text(talkers, kind, model="no-such-model"))
    assert refused["status"] == 404 and MODEL in refused["response"]
    waits = tavern.sent(f"{TEXTS}/generate", text(talkers, kind, model=ABSENT))
    wait_until(lambda: talkers.api("status/performance")[1]["queued_text_requests"] == 1, 20, "it waits")
    waits.close()
    nothing_waits(talkers)
    if kind != "ollama":  # to which it sends no key
        use_key(tavern, WRONG)
        assert tavern.ask(f"{TEXTS}/status", text(talkers, kind))[0] == 400
        assert tavern.told(f"{TEXTS}/generate", text(talkers, kind))["status"] == 401


def test_koboldai(tavern: WebProgram, talkers: RunningHorde, key: str) -> None:
    """It sends no key there: the address has it."""
    asked = {
        "api_server": f"{talkers.url}/k/{key}/api", "prompt": "Once upon a time", "max_length": 24, "streaming": False,
        "max_context_length": 512, "temperature": 0.7, "rep_pen": 1.1, "stop_sequence": ["\nYou:"], "can_abort": True,
    }  # fmt: skip
    told = tavern.told(f"{KOBOLD}/status", asked)
    assert (told["koboldUnitedVersion"], told["koboldCppVersion"]) == ("1.2.5", "KoboldCpp")
    assert told["model"].startswith("koboldcpp/")
    assert tavern.told(f"{KOBOLD}/generate", asked)["results"][0]["text"].strip()
    pieces = tavern.streamed(f"{KOBOLD}/generate", {**asked, "streaming": True})
    assert "".join(one["token"] for one in pieces).strip()
    counted = tavern.told(
        "/api/tokenizers/remote/kobold/count", {"url": asked["api_server"], "text": "Once upon a time"}
    )
    assert counted["count"] == 4
    wrong = {**asked, "api_server": f"{talkers.url}/k/{WRONG}/api"}
    assert tavern.told(f"{KOBOLD}/status", wrong)["model"] == "no_connection"
    status, refused = tavern.ask(f"{KOBOLD}/generate", wrong)
    assert status == 400 and "API key" in refused["error"]["message"]


def test_pictures(tavern: WebProgram, talkers: RunningHorde, key: str) -> None:
    """It tries the address, reads the lists, chooses a model, waits until nothing is made, and asks."""
    there = {"url": talkers.url, "auth": f"horde:{key}"}
    assert tavern.ask("/api/sd/ping", there)[0] == 200
    assert tavern.ask("/api/sd/ping", {**there, "auth": f"horde:{WRONG}"})[0] == 500
    assert {"value": PAINTER, "text": PAINTER} in tavern.told("/api/sd/models", there)
    assert "Euler a" in tavern.told("/api/sd/samplers", there)
    assert "karras" in tavern.told("/api/sd/schedulers", there)
    assert tavern.told("/api/sd/upscalers", there)[:2] == ["None", "Latent"]
    assert tavern.told("/api/sd/vaes", there) == []
    assert tavern.ask("/api/sd/set-model", {**there, "model": PAINTER})[0] == 200
    assert tavern.ask("/api/sd/set-model", {**there, "model": "no-such-model"})[0] == 500
    assert tavern.ask("/api/sd/get-model", there) == (200, PAINTER.encode())
    asked = {
        **there, "prompt": "a red circle on a blue background", "negative_prompt": "blurry", "steps": 8, "scale": 7,
        "sampler_name": "Euler a", "scheduler": "automatic", "cfg_scale": 7, "width": 64, "height": 64, "seed": -1,
        "restore_faces": False, "enable_hr": False, "hr_upscaler": "Latent", "hr_scale": 2, "denoising_strength": 0.7,
        "hr_second_pass_steps": 0, "hr_additional_modules": [], "clip_skip": 1, "save_images": True,
        "send_images": True, "do_not_save_grid": False, "do_not_save_samples": False,
        "override_settings": {"CLIP_stop_at_last_layers": 1, "sd_vae": "Automatic", "forge_additional_modules": []},
    }  # fmt: skip
    [made] = tavern.told("/api/sd/generate", asked)["images"]
    assert base64.b64decode(made).startswith(b"\x89PNG")

    waits = tavern.sent("/api/sd/generate", {**asked, "model": "Deliberate"})
    queued = "queued_requests"
    wait_until(lambda: talkers.api("status/performance")[1][queued] == 1, 20, "it waits")
    waits.close()
    wait_until(lambda: talkers.api("status/performance")[1][queued] == 0, 10, "the request is cancelled")
