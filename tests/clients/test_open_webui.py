"""Open WebUI's own server, from its wheel, on a real horde with demo workers.

What its pages do is called at its server: connections are added, chats streamed, pictures made and changed. Its own
searching of documents is left out: that needs torch, or a PostgreSQL with vectors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from clients.open_webui import WEATHER, OpenWebUI, chat_text, program
from clients.text_clients import ABSENT, MODEL, nothing_waits
from horde_processes import RunningHorde, wait_until
from peers.text.programs import serving

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

PAINTER = "ember-demo"
WRONG = "nobody-has-this-key-00"
CHAT = [{"role": "user", "content": "Tell me of a lighthouse."}]
SHORT = {"max_tokens": 24}


@pytest.fixture(scope="module")
def webui(talkers: RunningHorde, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWebUI]:
    """The program with its first user, who is its administrator."""
    wait_until(lambda: "Ctrl-C stops everything" in talkers.log(), 120, "the first picture")
    folder = tmp_path_factory.mktemp("open-webui")
    environment = {
        "USE_SLIM_DOCKER": "true", "DATA_DIR": str(folder), "WEBUI_SECRET_KEY": "of-this-test-alone-and-long-enough",
        "OFFLINE_MODE": "true", "ENABLE_OLLAMA_API": "false", "HOME": str(folder),
    }  # fmt: skip
    command = [program(), "serve", "--host", "127.0.0.1", "--port", "PORT"]
    with serving(command, folder / "log", "/health", **environment) as url:
        found = OpenWebUI(url)
        somebody = {"name": "Some Body", "email": "somebody@example.com", "password": "Of-this-test-1"}
        found.token = found.told("/api/v1/auths/signup", somebody)["token"]
        yield found


@pytest.fixture
def key(talkers: RunningHorde) -> str:
    return str(talkers.create_user("webui", trusted=True)["api_key"])


def connect(webui: OpenWebUI, horde: RunningHorde, key: str, *models: str) -> None:
    """Add the horde, and only it, as an OpenAI connection; with `models` its list is not asked for."""
    settings = {"0": {"model_ids": list(models)}} if models else {}
    connection = {"OPENAI_API_BASE_URLS": [f"{horde.url}/v1/"], "OPENAI_API_KEYS": [key]}
    webui.told("/openai/config/update", {"ENABLE_OPENAI_API": True, **connection, "OPENAI_API_CONFIGS": settings})


def models(webui: OpenWebUI) -> dict[str, str]:
    """By whose API each is served."""
    return {one["id"]: one["owned_by"] for one in webui.told("/api/models?refresh=true")["data"]}


def test_a_connection_is_tried_before_it_is_added(webui: OpenWebUI, talkers: RunningHorde, key: str) -> None:
    tried = webui.told("/openai/verify", {"url": f"{talkers.url}/v1/", "key": key})
    assert {MODEL, PAINTER} <= {one["id"] for one in tried["data"]}
    status, told = webui.ask("/openai/verify", {"url": f"{talkers.url}/v1/", "key": WRONG})
    assert status == 401 and told["error"]["code"] == "invalid_api_key"


def test_chats_come_in_pieces_with_titles_and_calls_of_tools(
    webui: OpenWebUI, talkers: RunningHorde, caller: str, key: str
) -> None:
    connect(webui, talkers, key)
    assert {MODEL, PAINTER, "horde/any-text"} <= set(models(webui))
    asked = {"model": MODEL, "messages": CHAT, "params": SHORT, "stream_options": {"include_usage": True}}
    chunks = webui.streamed("/api/chat/completions", {**asked, "stream": True})
    assert chat_text(chunks).strip()
    assert chunks[-1]["usage"]["total_tokens"] > 0
    plain = webui.told("/api/chat/completions", {**asked, "stream": False})
    assert plain["choices"][0]["message"]["content"].strip()
    title = webui.told("/api/v1/tasks/title/completions", {"model": MODEL, "messages": CHAT})
    assert title["choices"][0]["message"]["content"].strip()

    wait_until(lambda: caller in models(webui), 30, "its list is asked for anew")
    wish = {"model": caller, "messages": CHAT, "tools": [WEATHER], "stream": False}
    [choice] = webui.told("/api/chat/completions", wish)["choices"]
    assert choice["finish_reason"] == "tool_calls"
    function = choice["message"]["tool_calls"][0]["function"]
    assert (function["name"], json.loads(function["arguments"])) == ("weather", {"place": "harbour"})


def test_what_nobody_serves_is_told_and_leaving_cancels(webui: OpenWebUI, talkers: RunningHorde, key: str) -> None:
    connect(webui, talkers, key, "no-such-model", ABSENT)
    assert set(models(webui)) == {"no-such-model", ABSENT}
    asked: dict[str, Any] = {"messages": CHAT, "stream": True, "params": SHORT}
    status, told = webui.ask("/api/chat/completions", {**asked, "model": "no-such-model"})
    assert status in (400, 404) and MODEL in str(told)
    with webui.opened("/api/chat/completions", {**asked, "model": ABSENT}) as answer:
        assert answer.status == 200
        waiting = talkers.api("status/performance")[1]["queued_text_requests"]
        assert waiting == 1
    nothing_waits(talkers)


def pictures(horde: RunningHorde, key: str, engine: str, model: str = PAINTER) -> dict[str, Any]:
    """Settings of pictures, by either API."""
    return {
        "ENABLE_IMAGE_GENERATION": True, "IMAGE_GENERATION_ENGINE": engine, "IMAGE_GENERATION_MODEL": model,
        "IMAGE_SIZE": "256x256", "IMAGE_STEPS": 8,
        "IMAGES_OPENAI_API_BASE_URL": f"{horde.url}/v1", "IMAGES_OPENAI_API_KEY": key,
        "AUTOMATIC1111_BASE_URL": horde.url, "AUTOMATIC1111_API_AUTH": f"horde:{key}",
        "ENABLE_IMAGE_EDIT": True, "IMAGE_EDIT_ENGINE": "openai", "IMAGE_EDIT_MODEL": model,
        "IMAGES_EDIT_OPENAI_API_BASE_URL": f"{horde.url}/v1", "IMAGES_EDIT_OPENAI_API_KEY": key,
    }  # fmt: skip


def draw_by(webui: OpenWebUI, settings: dict[str, Any]) -> None:
    """Change its settings of pictures; the others stay."""
    webui.told("/api/v1/images/config/update", {**webui.told("/api/v1/images/config"), **settings})


def test_pictures_are_made_and_changed_by_openais_api(webui: OpenWebUI, talkers: RunningHorde, key: str) -> None:
    draw_by(webui, pictures(talkers, key, "openai"))
    [made] = webui.told("/api/v1/images/generations", {"prompt": "a red circle on a blue background"})
    assert webui.told(made["url"]).startswith(b"\x89PNG")
    [edited] = webui.told("/api/v1/images/edit", {"prompt": "a green circle", "image": made["url"]})
    assert webui.told(edited["url"]).startswith(b"\x89PNG")
    draw_by(webui, pictures(talkers, key, "openai", "no-such-model"))
    assert webui.ask("/api/v1/images/generations", {"prompt": "a red circle"})[0] == 400
    draw_by(webui, pictures(talkers, WRONG, "openai"))
    assert webui.ask("/api/v1/images/generations", {"prompt": "a red circle"})[0] == 400


def test_pictures_are_made_by_automatic1111s_api(webui: OpenWebUI, talkers: RunningHorde, key: str) -> None:
    address = {"engine": "automatic1111", "url": talkers.url}
    assert webui.told("/api/v1/images/verify", {**address, "key": f"horde:{key}"}) is True
    assert webui.ask("/api/v1/images/verify", {**address, "key": f"horde:{WRONG}"})[0] == 400
    draw_by(webui, pictures(talkers, key, "automatic1111"))
    assert PAINTER in [one["id"] for one in webui.told("/api/v1/images/models")]
    [made] = webui.told("/api/v1/images/generations", {"prompt": "a red circle on a blue background"})
    assert webui.told(made["url"]).startswith(b"\x89PNG")


def test_the_same_horde_as_an_ollama(webui: OpenWebUI, talkers: RunningHorde, key: str) -> None:
    assert webui.told("/ollama/verify", {"url": talkers.url, "key": key})["version"]
    webui.told("/openai/config/update", {
        "ENABLE_OPENAI_API": False, "OPENAI_API_BASE_URLS": [], "OPENAI_API_KEYS": [], "OPENAI_API_CONFIGS": {},
    })  # fmt: skip
    webui.told("/ollama/config/update", {
        "ENABLE_OLLAMA_API": True, "OLLAMA_BASE_URLS": [talkers.url], "OLLAMA_API_CONFIGS": {"0": {"key": key}},
    })  # fmt: skip
    assert models(webui)[MODEL] == "ollama"
    asked = {"model": MODEL, "messages": CHAT, "stream": True, "params": SHORT}
    assert chat_text(webui.streamed("/api/chat/completions", asked)).strip()
