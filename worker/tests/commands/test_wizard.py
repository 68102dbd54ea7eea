"""The first run: what it asks, what it does with answers, what it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from owners_horde import KEY, OwnersHorde

from horde_worker.commands.wizard import Cancelled, Look, first_run
from horde_worker.configuration.file import rendered
from horde_worker.configuration.load import Loaded, load
from horde_worker.configuration.schema import Configuration
from horde_worker.discovery.found import Found
from horde_worker.discovery.hardware import Hardware

COMFYUI = Found("comfyui", "ComfyUI 0.3.64", "http://127.0.0.1:8188", "image", ("a.safetensors",))
LLAMACPP = Found("llamacpp", "llama.cpp", "http://127.0.0.1:8080", "text", ("tiny",), 4096)
LOCKED = Found("openai", "vLLM", "http://127.0.0.1:8000", "text", wants_key=True)
EMPTY = Found("ollama", "Ollama", "http://127.0.0.1:11434", "text")


class Script:
    """A terminal with an owner who gives these answers, by a word of the question; otherwise he presses enter."""

    def __init__(self, *answers: tuple[str, str]) -> None:
        self._answers = list(answers)
        self.said: list[str] = []
        self.asked: list[str] = []

    def say(self, line: str = "") -> None:
        self.said.append(line)

    def ask(self, question: str, default: str = "") -> str:
        self.asked.append(question)
        for one in self._answers:
            if one[0] in question:
                self._answers.remove(one)
                return one[1]
        return default

    def ask_secret(self, question: str) -> str:
        return self.ask(question)

    def confirm(self, question: str, *, default: bool = True) -> bool:
        return self.ask(question, "y" if default else "n") == "y"


def a_look(*found: Found) -> Look:
    """A machine with these programs and little else."""

    async def servers() -> list[Found]:
        return list(found)

    return Look(servers, lambda: Hardware(8, 16 * 2**30))


async def run(
    at: OwnersHorde, found: Sequence[Found], *answers: tuple[str, str], **known: object
) -> tuple[dict[str, object], Script]:
    """The settings, and what was said."""
    script = Script(("Which horde", at.url), ("Your key", KEY), ("A name", "tess-box"), *answers)
    loaded = Loaded(Configuration.model_validate(known), given=frozenset(known))
    return await first_run(script, a_look(*found), loaded, str(known.get("api_key", ""))), script


async def test_two_programs_become_two_workers(owners_horde: OwnersHorde, tmp_path: Path) -> None:
    """Of two kinds, each with a name of its own; what is written can be read."""
    values, script = await run(owners_horde, [COMFYUI, LLAMACPP])
    assert values == {
        "horde": owners_horde.url,
        "api_key": KEY,
        "name": "tess-box",
        "names": {"image": "tess-box", "text": "tess-box-text"},
        "backends": [
            {"type": "comfyui", "url": "http://127.0.0.1:8188"},
            {"type": "llamacpp", "url": "http://127.0.0.1:8080"},
        ],
        "dashboard": "127.0.0.1:7017",
    }
    said = "\n".join(script.said)
    assert "1. ComfyUI 0.3.64 at http://127.0.0.1:8188: models: a.safetensors" in said
    assert "You are tess#7, with 1,234 kudos." in said
    assert "ComfyUI 0.3.64 would earn about 10.0 kudos" in said  # 14 less what the requester pays besides
    assert {one["dry_run"] for one in owners_horde.dry_runs} == {True}
    assert KEY not in said
    path = tmp_path / "worker.yaml"
    path.write_text(rendered(values))
    path.chmod(0o600)
    assert load(path, {}, {}).notices == ()


async def test_what_is_known_is_not_asked(owners_horde: OwnersHorde) -> None:
    """Flags, environment or file have said it."""
    values, script = await run(owners_horde, [COMFYUI], horde=owners_horde.url, api_key=KEY, name="other")
    assert (script.asked, values["name"]) == ([], "other")


async def test_only_chosen_ones_work(owners_horde: OwnersHorde) -> None:
    """By their numbers; whoever wants a key is given one."""
    values, _ = await run(
        owners_horde, [COMFYUI, LLAMACPP, LOCKED], ("Which of them", "3"), ("The key of vLLM", "sesame")
    )
    assert values["backends"] == [{"type": "openai", "url": "http://127.0.0.1:8000", "api_key": "sesame"}]
    assert values["names"] == {"text": "tess-box"}


async def test_with_nothing_running_hardware_is_told_and_the_demo_offered(owners_horde: OwnersHorde) -> None:
    """And the one command that fetches a model."""
    values, script = await run(owners_horde, [EMPTY])
    said = "\n".join(script.said)
    assert "Ollama has no model: it can be used as soon as it has one." in said
    assert "ollama run qwen3:8b" in said and "llama-server -hf" in said
    assert [one["type"] for one in values["backends"]] == ["demo", "demo-text", "demo-alchemy"]  # type: ignore[attr-defined]
    with pytest.raises(Cancelled):
        await run(owners_horde, [], ("built-in demo", "n"))


async def test_wrong_answers_are_asked_again(owners_horde: OwnersHorde) -> None:
    """A horde that is none, keys of nobody and of everybody, a name that is taken, or of another kind."""
    owners_horde.add_worker("taken", owner="somebody#9")
    owners_horde.add_worker("mine", kind="text")
    script = Script(
        *(("Which horde", "http://127.0.0.1:9"), ("Which horde", owners_horde.url)),
        *(("Your key", "wrong"), ("Your key", "0000000000"), ("Your key", KEY)),
        *(("A name", "taken"), ("A name", "mine"), ("A name", "free")),
    )
    values = await first_run(script, a_look(COMFYUI), Loaded(Configuration()), "")
    assert (values["horde"], values["api_key"], values["name"]) == (owners_horde.url, KEY, "free")
    said = "\n".join(script.said)
    for sentence in ("No account of this horde has this key.", "The anonymous key cannot own a worker", "is taken"):
        assert sentence in said


async def test_an_owner_who_has_nothing_gives_up_in_the_end(owners_horde: OwnersHorde) -> None:
    """It does not ask for ever."""
    with pytest.raises(Cancelled, match="nothing was written"):
        await first_run(Script(("Which horde", owners_horde.url)), a_look(COMFYUI), Loaded(Configuration()), "")


async def test_a_key_in_the_environment_stays_there(owners_horde: OwnersHorde) -> None:
    """The file goes on to name the variable."""
    loaded = Loaded(Configuration(horde=owners_horde.url, api_key="env:MY_KEY", name="n"))
    values = await first_run(Script(), a_look(COMFYUI), loaded, KEY)
    assert "api_key" not in values
