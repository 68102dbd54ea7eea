"""SillyTavern's own server, as published, writes, chats and paints with a household: five of its connections to us."""

from __future__ import annotations

import base64
import io

import pytest
from clients.sillytavern import SillyTavern
from clients.text_clients import ABSENT, MODEL, nothing_waits
from horde_processes import RunningHorde, wait_until
from PIL import Image

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time

KOBOLD = "/api/backends/kobold"
TEXTS = "/api/backends/text-completions"
CHATS = "/api/backends/chat-completions"
STORY = {
    "prompt": "Once upon a time", "max_context_length": 512, "max_length": 24, "rep_pen": 1.1, "rep_pen_range": 600,
    "rep_pen_slope": 0.9, "temperature": 0.7, "tfs": 1, "top_a": 0, "top_k": 0, "top_p": 0.9, "min_p": 0, "typical": 1,
    "sampler_order": [6, 0, 1, 2, 3, 4, 5], "singleline": False, "use_default_badwordsids": False, "mirostat": 0,
    "grammar": "", "sampler_seed": -1, "can_abort": True, "stop_sequence": ["\nYou:"],
}  # fmt: skip
TEXT_SETTINGS = {
    "prompt": "Once upon a time", "max_tokens": 24, "max_new_tokens": 24, "n_predict": 24, "num_predict": 24,
    "truncation_length": 512, "temperature": 0.7, "top_p": 0.9, "rep_pen": 1.1, "repetition_penalty": 1.1, "typical": 1,
    "stop": ["\nYou:"], "stopping_strings": ["\nYou:"], "smoothing_factor": 0, "dynatemp_low": 1,
}  # fmt: skip


def test_koboldai_classic(tavern: SillyTavern, talkers: RunningHorde) -> None:
    """It connects, writes, streams, and stops what waits by an abort without a name."""
    server = {"api_server": f"{talkers.url}/api"}
    _, status = tavern.post(f"{KOBOLD}/status", server)
    assert status["koboldCppVersion"] == "KoboldCpp" and status["koboldUnitedVersion"] >= "1.2.2"
    assert status["model"].startswith("koboldcpp/")
    code, told = tavern.post(f"{KOBOLD}/generate", {**STORY, **server})
    assert code == 200 and told["results"][0]["text"].strip()
    code, streamed = tavern.post(f"{KOBOLD}/generate", {**STORY, **server, "streaming": True})
    assert code == 200 and streamed.count("event: message") >= 2
    _, counted = tavern.post("/api/tokenizers/remote/kobold/count", {"url": server["api_server"], "text": "Once upon"})
    assert counted["count"] == 3
    _, refused = tavern.post(f"{KOBOLD}/generate", {**STORY, **server, "prompt": ""})
    assert "prompt is missing" in refused["error"]["message"]


@pytest.mark.parametrize("kind", ["koboldcpp", "ollama", "generic", "vllm", "ooba", "aphrodite"])
def test_text_completion(tavern: SillyTavern, talkers: RunningHorde, kind: str) -> None:
    """Each of its kinds of servers: models are listed, a text is written, and streamed."""
    server = {"api_server": talkers.url, "api_type": kind}
    code, status = tavern.post(f"{TEXTS}/status", server)
    assert code == 200 and MODEL in [model["id"] for model in status["data"]]
    wish = {**TEXT_SETTINGS, **server, "model": MODEL}
    code, told = tavern.post(f"{TEXTS}/generate", {**wish, "stream": False})
    assert code == 200
    assert (told["response"] if kind == "ollama" else told["choices"][0]["text"]).strip()
    code, streamed = tavern.post(f"{TEXTS}/generate", {**wish, "stream": True})
    assert code == 200 and streamed.count('"text"') >= 2 and "[DONE]" in streamed


def test_a_text_that_waits_is_stopped(tavern: SillyTavern, talkers: RunningHorde) -> None:
    """By closing the page's call: SillyTavern closes its own, and aborts."""
    for path, body in (
        (f"{TEXTS}/generate", {**TEXT_SETTINGS, "api_server": talkers.url, "api_type": "ollama", "model": ABSENT}),
        (f"{TEXTS}/generate", {**TEXT_SETTINGS, "api_server": talkers.url, "api_type": "koboldcpp", "model": ABSENT}),
    ):
        with tavern.opened(path, {**body, "stream": True}) as answer:
            assert answer.status == 200
            wait_until(lambda: waiting(talkers) == 1, 20, "it waits")
        nothing_waits(talkers)


def waiting(horde: RunningHorde) -> int:
    return int(horde.api("status/performance")[1]["queued_text_requests"])


def test_chat_completion(tavern: SillyTavern, talkers: RunningHorde) -> None:
    """Its custom source: OpenAI's API."""
    server = {"chat_completion_source": "custom", "custom_url": f"{talkers.url}/v1", "reverse_proxy": ""}
    code, status = tavern.post(f"{CHATS}/status", server)
    assert code == 200 and MODEL in [model["id"] for model in status["data"]]
    said = [{"role": "system", "content": "You tell of ships."}, {"role": "user", "content": "Tell me of one."}]
    wish = {**server, "model": MODEL, "messages": said, "max_tokens": 24, "temperature": 0.7}
    code, told = tavern.post(f"{CHATS}/generate", {**wish, "stream": False})
    assert code == 200 and told["choices"][0]["message"]["content"].strip()
    code, streamed = tavern.post(f"{CHATS}/generate", {**wish, "stream": True})
    assert code == 200 and streamed.count('"delta"') >= 2 and "[DONE]" in streamed


def test_image_generation(tavern: SillyTavern, talkers: RunningHorde) -> None:
    """Its source AUTOMATIC1111: it asks what there is, chooses a model, and gets a picture."""
    server = {"url": talkers.url, "auth": ""}
    assert tavern.post("/api/sd/ping", server)[0] == 200
    _, models = tavern.post("/api/sd/models", server)
    name = models[0]["value"]
    for path in ("samplers", "schedulers", "upscalers"):
        code, listed = tavern.post(f"/api/sd/{path}", server)
        assert code == 200 and listed
    assert tavern.post("/api/sd/set-model", {**server, "model": name})[0] == 200
    assert tavern.post("/api/sd/get-model", server) == (200, name)
    wish = {
        **server, "prompt": "a boat", "negative_prompt": "rain", "sampler_name": "Euler a", "scheduler": "Automatic",
        "steps": 8, "cfg_scale": 7, "width": 512, "height": 512, "seed": -1,
    }  # fmt: skip
    code, told = tavern.post("/api/sd/generate", wish)
    assert code == 200
    with Image.open(io.BytesIO(base64.b64decode(told["images"][0]))) as picture:
        assert (picture.format, picture.size) == ("PNG", (512, 512))
