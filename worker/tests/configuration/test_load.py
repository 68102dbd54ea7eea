"""Command line before environment before file; what is wrong is named with where it stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from horde_worker.configuration.load import Loaded, WrongSettings, load
from horde_worker.configuration.worker_settings import worker_settings
from horde_worker.settings import Allowed

FILE = """\
horde: http://127.0.0.1:7001
api_key: secret-key-of-mine
name: from-file
nsfw: no
batch: 3
backends:
  - comfyui=http://127.0.0.1:8188/
  - type: ollama
    num_ctx: 4096
    models: {team/model: "local:8b"}
idle:
  schedule: 22:00-08:00
"""


def loaded(path: Path, text: str = FILE, environ: dict[str, str] | None = None, **typed: object) -> Loaded:
    """A file with this text, read under this environment and command line."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return load(path, environ or {}, typed)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "worker.yaml"


def test_the_file_says_what_it_says(path: Path) -> None:
    """With short and long forms of backends, options of their own included."""
    found = loaded(path)
    assert found.notices == ()
    assert [(one.type, one.options()) for one in found.configuration.backends] == [
        ("comfyui", {"url": "http://127.0.0.1:8188"}),
        ("ollama", {"num_ctx": 4096, "models": {"team/model": "local:8b"}}),
    ]
    assert (found.configuration.nsfw, found.configuration.idle.schedule) == (False, "22:00-08:00")


def test_command_line_before_environment_before_file(path: Path) -> None:
    """Key by key."""
    environ = {"HORDE_WORKER_NAME": "from-env", "HORDE_WORKER_BATCH": "5", "HORDE_URL": "http://env"}
    found = loaded(path, environ=environ, batch=7).configuration
    assert (found.name, found.batch, found.horde, found.nsfw) == ("from-env", 7, "http://env", False)


def test_our_own_variables_come_before_shared_and_older_ones(path: Path) -> None:
    """Each of the three kinds alone counts."""
    old = {
        "AIWORKER_REGEN_MAX_BATCH": "9",
        "HORDE_MAX_POWER": "8",
        "HORDE_BLACKLIST": "[a, b;c]",
        "ALLOW_LORA": "false",
    }
    found = loaded(path, environ=old).configuration
    assert (found.batch, found.max_pixels, found.blacklist, found.allow_lora) == (9, 512 * 512, ["a", "b", "c"], False)
    both = loaded(
        path, environ={**old, "HORDE_WORKER_BATCH": "2", "HORDE_URL": "http://a", "HORDE_WORKER_HORDE": "http://b"}
    )
    assert (both.configuration.batch, both.configuration.horde) == (2, "http://b")


def test_lists_and_sections_have_variables_too(path: Path) -> None:
    """Words between commas, sections by an underscore."""
    environ = {"HORDE_WORKER_BACKENDS": "demo, llamacpp=http://h:1", "HORDE_WORKER_IDLE_SCHEDULE": "00:00-01:00"}
    found = loaded(path, environ=environ).configuration
    assert [(one.type, one.url) for one in found.backends] == [("demo", None), ("llamacpp", "http://h:1")]
    assert found.idle.schedule == "00:00-01:00"


def test_unknown_keys_are_named_with_line_and_the_nearest_one(path: Path) -> None:
    """They do not stop the worker."""
    found = loaded(path, "nmae: x\nidle:\n  shedule: y\nzzz: 1\n", {"HORDE_WORKER_BACTH": "2"})
    assert [one.replace(str(path), "F") for one in found.notices] == [
        "F, line 1: there is no key 'nmae'; did you mean 'name'?",
        "F, line 3: there is no key 'idle.shedule'; did you mean 'schedule'?",
        "F, line 4: there is no key 'zzz'",
        "HORDE_WORKER_BACTH is no setting; did you mean 'HORDE_WORKER_BATCH'?",
    ]


@pytest.mark.parametrize(
    ("text", "environ", "typed", "said"),
    [
        ("name: a\nbatch: many", {}, {}, "line 2: batch: should be a valid integer"),
        ("backends:\n  - type: comfyui\n    url: 8188", {}, {}, "line 3: backends.0.url: an address begins with http"),
        ("", {"HORDE_WORKER_BATCH": "99"}, {}, "HORDE_WORKER_BATCH: should be less than or equal to 20"),
        ("", {}, {"horde": "localhost"}, "--horde: an address begins with http"),
        ("view: window", {}, {}, "line 1: view: should be 'auto', 'tui', 'plain' or 'json'"),
        ("roles: [image, dance]", {}, {}, "line 1: roles.1: should be 'image', 'text', 'alchemy' or 'embedding'"),
        ("a: [", {}, {}, "line 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    path: Path, text: str, environ: dict[str, str], typed: dict[str, object], said: str
) -> None:
    """File and line, variable, or flag."""
    with pytest.raises(WrongSettings) as caught:
        loaded(path, text, environ, **typed)
    assert said in str(caught.value)


def test_no_secret_stands_in_an_error(path: Path) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(WrongSettings) as caught:
        loaded(path, "api_key: [hush-hush]\nname: {hush-hush: 1}")
    assert "hush" not in str(caught.value)


def test_no_secret_stands_in_what_is_shown_of_settings(path: Path) -> None:
    """Of the horde, of CivitAI, of backends, whatever their options are called."""
    text = (
        "api_key: hush-1\nloras: {civitai_token: hush-2}\n"
        "backends:\n  - {type: comfyui, api_key: hush-3, password: hush-4, user: me, token: hush-5}\n"
    )
    found = loaded(path, text)
    assert "hush" not in repr(found).replace(str(path), "") + str(found.configuration)
    [backend] = found.configuration.backends
    assert backend.options()["token"] == "hush-5"


def test_a_file_that_is_not_there_says_nothing_unless_it_was_named(path: Path) -> None:
    """The usual place may be empty."""
    assert load(path, {}, {"name": "a"}).path is None
    with pytest.raises(WrongSettings, match="there is no file"):
        load(path, {}, {}, must_exist=True)


def test_a_file_that_is_too_large_or_no_text_is_refused(path: Path) -> None:
    """Before it is looked at."""
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(WrongSettings, match="bytes"):
        load(path, {}, {})
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongSettings, match="UTF-8"):
        load(path, {}, {})


@pytest.mark.skipif(os.name != "posix", reason="there folders decide")
def test_a_key_that_others_can_read_is_told(path: Path) -> None:
    """Not where the file only names the variable."""
    path.write_text("api_key: secret-key-of-mine\n")
    path.chmod(0o644)
    [notice] = load(path, {}, {}).notices
    assert "chmod 600" in notice
    assert "secret" not in notice
    path.write_text("api_key: env:MY_KEY\n")
    assert load(path, {}, {}).notices == ()


def test_settings_of_the_process_follow(path: Path) -> None:
    """Names by kind, what is allowed, secrets from the environment."""
    text = (
        FILE.replace("secret-key-of-mine", "env:MY_KEY") + "names: {text: scribe}\nallow_lora: false\nroles: [text]\n"
    )
    wanted = loaded(path, text).configuration
    settings = worker_settings(wanted, wanted.backends, {"MY_KEY": "the key"})
    assert (settings.api_key, settings.horde_url, set(settings.roles)) == ("the key", "http://127.0.0.1:7001", {"text"})
    assert (settings.wishes.name, settings.names) == ("from-file", {"text": "scribe"})
    assert settings.wishes.allowed == Allowed(lora=False)
    assert "the key" not in repr(settings)
    with pytest.raises(WrongSettings, match="the environment variable MY_KEY is not set"):
        worker_settings(wanted, wanted.backends, {})
