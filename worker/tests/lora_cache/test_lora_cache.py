"""LoRAs are fetched once, checked, kept within limits, and never a job's fault."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio
from lora_cache.played_civitai import PlayedCivitAi
from structlog.testing import capture_logs
from workshop import Naps

from horde_sdk.reach import networks_of, outside
from horde_worker.backends.image import ImageJob, Lora, TextualInversion
from horde_worker.backends.interface import BackendSettings
from horde_worker.lora_cache import civitai as civitai_module
from horde_worker.lora_cache.additions import LORA, TI, LoraFailure
from horde_worker.lora_cache.cache import REMEMBER_NO_S, SLACK_BYTES, LoraCache
from horde_worker.lora_cache.civitai import TRIES
from horde_worker.lora_cache.civitai_answers import of_model, of_search, of_version
from horde_worker.lora_cache.for_jobs import with_files
from horde_worker.lora_cache.place import folders_for
from horde_worker.settings import LoraCacheSettings
from horde_worker.steady_clock import steady_s

JOB = ImageJob(("a",), "paint", "a den", "", 512, 512, 2, 7.0, "k_euler", False, (1,), 150.0, ())


@pytest_asyncio.fixture
async def civitai() -> AsyncIterator[PlayedCivitAi]:
    """With one LoRA: the model 5, of version 50."""
    played = PlayedCivitAi()
    await played.open()
    played.add(5, 50)
    yield played
    await played.close()


class Clock:
    """The steady clock, and as much as the test says beyond it."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return steady_s() + self.ahead_s


Open = Callable[..., Awaitable[LoraCache]]


@pytest_asyncio.fixture
async def open_cache(civitai: PlayedCivitAi, tmp_path: Path, naps: Naps) -> AsyncIterator[Open]:
    """Opens caches of one folder; their limits are in bytes."""
    opened: list[LoraCache] = []

    async def open_one(*, clock: Clock | None = None, **settings: Any) -> LoraCache:
        others = {name: settings.pop(name) for name in ("allows_nsfw", "look_again_s", "reach") if name in settings}
        wishes = LoraCacheSettings(
            is_on=True, api_url=f"{civitai.url}/api/v1", token="the-token", **{"max_file_bytes": 1000, **settings}
        )
        folders = {LORA: tmp_path / "loras", TI: tmp_path / "tis"}
        cache = LoraCache(wishes, folders, sleep=naps, clock=clock or steady_s, **others)
        opened.append(cache)
        await cache.open()
        civitai.asked.clear()
        return cache

    yield open_one
    for cache in opened:
        await cache.aclose()


def soon() -> float:
    """A deadline that is far enough."""
    return steady_s() + 30.0


async def reason_of(cache: LoraCache, addition: Lora | TextualInversion) -> str:
    """Why it cannot be had."""
    with pytest.raises(LoraFailure) as failure:
        await cache.fetched(addition, soon())
    return str(failure.value)


# ------------------------------------------------------------------------ fetching


@pytest.mark.parametrize(
    ("lora", "path"),
    [
        (Lora("5"), "/api/v1/models/5"),
        (Lora("50", is_version=True), "/api/v1/model-versions/50"),
        (
            Lora("Model 5"),
            "/api/v1/models?types=LORA&sort=Highest Rated&primaryFileOnly=true&query=Model 5",
        ),
    ],
    ids=["id", "version", "name"],
)
async def test_a_lora_is_fetched_by_id_version_or_name(
    open_cache: Open, civitai: PlayedCivitAi, lora: Lora, path: str
) -> None:
    """Asked in CivitAI's own way; with what is known of it."""
    cache = await open_cache()
    found = await cache.fetched(lora, soon())
    assert (found.path.read_bytes(), found.path.suffix) == (b"weights", ".safetensors")
    assert (found.trigger_words, found.base_model, found.described.model_id) == (("fox", "red fox"), "SD 1.5", 5)
    assert [unquote(one).replace("+", " ") for one in civitai.paths()] == [path, "/download/50"]


async def test_what_is_here_is_not_asked_for_again(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """By any of its names, also after a restart, and also where CivitAI is away by now."""
    await (await open_cache()).fetched(Lora("5"), soon())
    again = await open_cache()
    await civitai.close()
    for lora in (Lora("5"), Lora("50", is_version=True), Lora("MODEL 5")):
        assert (await again.fetched(lora, soon())).path.read_bytes() == b"weights"
    assert civitai.asked == []


async def test_the_newest_version_counts_unless_another_is_named(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """The list's order says nothing."""
    civitai.add(5, 51, b"newer")
    civitai.models[5]["modelVersions"].reverse()
    cache = await open_cache()
    assert (await cache.fetched(Lora("50", is_version=True), soon())).path.read_bytes() == b"weights"
    assert (await cache.fetched(Lora("51", is_version=True), soon())).path.read_bytes() == b"newer"
    assert (await cache.fetched(Lora("5"), soon())).path.read_bytes() == b"newer"


async def test_many_that_want_the_same_fetch_it_once(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """By whatever name."""
    cache = await open_cache()
    wanted = [Lora("5"), Lora("5"), Lora("50", is_version=True), Lora("Model 5")]
    found = await asyncio.gather(*(cache.fetched(one, soon()) for one in wanted))
    assert len({one.path for one in found}) == 1
    assert civitai.paths().count("/download/50") == 1


async def test_a_textual_inversion_lies_in_a_folder_of_its_own(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """And is no LoRA of the same id."""
    civitai.add(7, 70, b"words", type="TextualInversion")
    cache = await open_cache()
    found = await cache.fetched(TextualInversion("7"), soon())
    assert (found.path.parent.name, found.path.read_bytes()) == ("tis", b"words")
    assert "no ti but LORA" in await reason_of(cache, TextualInversion("5"))
    assert "no lora but TextualInversion" in await reason_of(cache, Lora("7"))


# ------------------------------------------------------------------------ the token


async def test_the_token_is_told_to_civitai_alone(
    open_cache: Open, civitai: PlayedCivitAi, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not to where the file lies, not in the log, nor in what an object shows."""
    elsewhere = PlayedCivitAi()
    await elsewhere.open()
    elsewhere.files[50] = b"weights"
    civitai.redirect = f"{elsewhere.url}/moved/{{id}}"
    cache = await open_cache(reach=outside(networks_of("127.0.0.0/8")))
    with capture_logs() as logs:
        await cache.fetched(Lora("5"), soon())
        civitai.troubles = [403]
        await reason_of(cache, Lora("6"))
    assert [one.authorization for one in civitai.asked] == ["Bearer the-token"] * 3
    assert [one.authorization for one in elsewhere.asked] == [None]
    assert "the-token" not in f"{logs}{cache!r}{LoraCacheSettings(token='the-token')!r}{capsys.readouterr()}"
    await elsewhere.close()


@pytest.mark.parametrize("target", ["http://10.0.0.1/x", "http://127.0.0.1:1/x", "file:///etc/passwd", ""])
async def test_a_file_in_a_private_network_is_not_fetched(
    open_cache: Open, civitai: PlayedCivitAi, target: str
) -> None:
    """Wherever CivitAI points to. (An empty address is its own again, for ever.)"""
    civitai.redirect = target or f"{civitai.url}/download/50"
    cache = await open_cache()
    assert await reason_of(cache, Lora("5")) in (
        "the file lies in a private network", "not an http(s) address", "it is pointed on and on"
    )  # fmt: skip


# ------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"file": {"name": "a.ckpt"}}, "no .safetensors file"),
        ({"file": {"hashes": {}}}, "no SHA256"),
        ({"file": {"hashes": None}}, "no SHA256"),
        ({"file": {"hashes": {"SHA256": "00" * 32}}}, "another than the one that was described"),
        ({"file": {"sizeKB": 2}}, "2048 bytes are more"),
        ({"content": b"x" * 1001, "file": {"sizeKB": 0.1}}, "larger than 1000 bytes"),
        ({"type": "Checkpoint"}, "no lora but Checkpoint"),
        ({"nsfw": True}, "not safe for work"),
        ({"version": {"files": None}}, "no .safetensors file"),
        ({"version": {"id": "x"}}, "the version has no id"),
        ({"modelVersions": []}, "no .safetensors|no version|no lora"),
    ],
    ids=[
        "pickle",
        "no hash",
        "no hashes",
        "other file",
        "too large",
        "lies",
        "type",
        "nsfw",
        "files",
        "id",
        "versions",
    ],
)
async def test_what_cannot_be_trusted_is_refused(
    open_cache: Open, civitai: PlayedCivitAi, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    """Nothing of it stays, and it is not asked for again for a while."""
    civitai.models.clear()
    content = changes.pop("content", b"weights")
    if "modelVersions" in changes:
        civitai.models[9] = {"id": 9, "type": "LORA", "modelVersions": []}
    else:
        civitai.add(9, 90, content, **changes)
    cache = await open_cache(allows_nsfw=False)
    with pytest.raises(LoraFailure, match=reason):
        await cache.fetched(Lora("9"), soon())
    assert list((tmp_path / "loras").iterdir()) == []
    asked = len(civitai.asked)
    with pytest.raises(LoraFailure, match=reason):
        await cache.fetched(Lora("9"), soon())
    assert len(civitai.asked) == asked


async def test_what_is_not_safe_for_work_is_not_used_by_who_does_not_want_it(
    open_cache: Open, civitai: PlayedCivitAi
) -> None:
    """Also when it lies here already, from before."""
    civitai.add(9, 90, b"bare", nsfw=True)
    await (await open_cache()).fetched(Lora("9"), soon())
    assert "not safe for work" in await reason_of(await open_cache(allows_nsfw=False), Lora("9"))


@pytest.mark.parametrize("name", ["4294967296", "0", "9" * 5000, "", " "])
async def test_an_id_that_cannot_be_is_not_asked_for(open_cache: Open, civitai: PlayedCivitAi, name: str) -> None:
    """CivitAI answers 500 to it."""
    cache = await open_cache()
    assert await reason_of(cache, Lora(name))
    assert civitai.asked == []


@pytest.mark.parametrize("status", [401, 403, 404, 451])
async def test_a_no_is_remembered_for_some_minutes(open_cache: Open, civitai: PlayedCivitAi, status: int) -> None:
    """It is not asked again meanwhile, and is afterwards."""
    clock = Clock()
    cache = await open_cache(clock=clock)
    civitai.troubles = [status]
    assert str(status) in await reason_of(cache, Lora("5"))
    assert str(status) in await reason_of(cache, Lora("5"))
    assert len(civitai.asked) == 1
    clock.ahead_s = REMEMBER_NO_S
    assert (await cache.fetched(Lora("5"), soon() + REMEMBER_NO_S)).path.exists()


# ------------------------------------------------------------------------ trouble


async def test_what_fails_for_a_while_is_tried_again(open_cache: Open, civitai: PlayedCivitAi, naps: Naps) -> None:
    """Answers and files."""
    cache = await open_cache()
    civitai.troubles = [500, 503]
    await cache.fetched(Lora("5"), soon())
    assert naps.taken == [3.0, 3.0]


async def test_what_fails_for_good_is_given_up_and_not_remembered(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """The next job may have more luck."""
    cache = await open_cache()
    civitai.troubles = [500] * TRIES
    assert "500" in await reason_of(cache, Lora("5"))
    assert (await cache.fetched(Lora("5"), soon())).path.exists()


async def test_a_file_that_comes_no_further_is_given_up(
    open_cache: Open, civitai: PlayedCivitAi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a byte for too long it is begun anew, and in the end not waited for."""
    monkeypatch.setattr(civitai_module, "NO_DATA_LIMIT_S", 0.05)
    monkeypatch.setattr(civitai_module, "TRIES", 2)
    cache = await open_cache()
    civitai.stalls = asyncio.Event()
    assert "not reached" in await reason_of(cache, Lora("5"))
    assert civitai.paths().count("/download/50") == 2
    civitai.stalls.set()
    assert [one for one in (tmp_path / "loras").iterdir() if one.suffix == ".part"] == []


async def test_there_is_no_more_time_than_the_job_has(open_cache: Open, civitai: PlayedCivitAi, tmp_path: Path) -> None:
    """What was begun is not left behind."""
    cache = await open_cache()
    civitai.stalls = asyncio.Event()
    with pytest.raises(LoraFailure, match="no time left"):
        await cache.fetched(Lora("5"), steady_s() + 0.2)
    with pytest.raises(LoraFailure, match="no time left"):
        await cache.fetched(Lora("5"), steady_s() - 1)
    civitai.stalls.set()
    assert list((tmp_path / "loras").iterdir()) == []


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"null", b'{"items": 3}', b"[" * 100_000], ids=repr)
async def test_an_answer_that_makes_no_sense_is_a_failure(open_cache: Open, civitai: PlayedCivitAi, raw: bytes) -> None:
    """And nothing else."""
    cache = await open_cache()
    civitai.raw = raw
    for lora in (Lora("5"), Lora("5", is_version=True), Lora("fox")):
        assert await reason_of(cache, lora)


async def test_an_endless_answer_is_not_read(
    open_cache: Open, civitai: PlayedCivitAi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows where it would end."""
    monkeypatch.setattr(civitai_module, "ANSWER_LIMIT_BYTES", 100)
    cache = await open_cache()
    civitai.raw = b'{"x": "' + b"x" * 200 + b'"}'
    assert await reason_of(cache, Lora("5")) == "the answer is too long"


def test_descriptions_are_read_whatever_they_hold() -> None:
    """Never anything but a description or a failure."""
    chance = random.Random(5)
    leaves: list[Any] = [None, True, 0, -1, 1.5, "", "x", "LORA", float("nan"), [], {}, 2**40]
    names = ["id", "type", "modelVersions", "files", "hashes", "SHA256", "name", "sizeKB", "trainedWords", "items"]

    def something(depth: int) -> Any:
        if depth and chance.random() < 0.7:
            if chance.random() < 0.3:
                return [something(depth - 1) for _ in range(3)]
            return {name: something(depth - 1) for name in chance.sample(names, 5)} | {"type": "LORA"}
        return chance.choice(leaves)

    outcomes: set[type] = set()
    for _ in range(3000):
        for read in (of_model, of_version, lambda answer, kind: of_search(answer, "x", kind)):
            try:
                outcomes.add(type(read(something(5), LORA)))
            except LoraFailure as failure:
                outcomes.add(type(failure))
    assert LoraFailure in outcomes


# ------------------------------------------------------------------------ room


async def test_the_least_used_gives_way_but_for_what_is_pinned(
    open_cache: Open, civitai: PlayedCivitAi, tmp_path: Path
) -> None:
    """The total is never more than the owner allows."""
    for place in (1, 2, 3, 4):
        civitai.add(place, place * 10, b"x" * 300)
    cache = await open_cache(max_total_bytes=SLACK_BYTES + 300 + 700, pinned=("1",), max_file_bytes=5_000_000)
    for place in (1, 2, 3, 4):
        found = await cache.fetched(Lora(str(place)), soon())
        os.utime(found.path, (place, place))
    held = {one.name for one in (tmp_path / "loras").glob("*.safetensors")}
    assert "horde-lora-10.safetensors" in held, "it is pinned"
    assert "horde-lora-40.safetensors" in held, "it is the last"
    assert len(held) == 3
    assert len(list((tmp_path / "loras").glob("*.json"))) == 3


async def test_where_there_is_no_room_nothing_is_fetched(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """All that is here is pinned, or it is too large for all of it."""
    cache = await open_cache(max_total_bytes=100)
    assert "no room" in await reason_of(cache, Lora("5"))
    assert "/download/50" not in civitai.paths()


async def test_files_of_others_stay_as_they_are(open_cache: Open, tmp_path: Path) -> None:
    """The folder may be the backend's own; half files of ours are removed, and notes without a file."""
    (tmp_path / "loras").mkdir()
    for name in ("mine.safetensors", "mine.json", "horde-lora-1.part", "horde-lora-2.horde.json"):
        (tmp_path / "loras" / name).write_text("{}")
    await open_cache(max_total_bytes=1)
    assert sorted(one.name for one in (tmp_path / "loras").iterdir()) == ["mine.json", "mine.safetensors"]


async def test_a_file_that_somebody_removed_is_fetched_again(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """The note alone is nothing."""
    cache = await open_cache()
    (await cache.fetched(Lora("5"), soon())).path.unlink()
    assert (await cache.fetched(Lora("5"), soon())).path.read_bytes() == b"weights"


async def test_a_folder_that_cannot_be_made_means_no_loras(civitai: PlayedCivitAi, tmp_path: Path) -> None:
    """The worker works on without."""
    (tmp_path / "file").write_text("")
    settings = LoraCacheSettings(is_on=True, api_url=f"{civitai.url}/api/v1")
    cache = LoraCache(settings, {LORA: tmp_path / "file" / "x", TI: tmp_path / "t"})
    await cache.open()
    await cache.aclose()
    assert not cache.is_reached


# ------------------------------------------------------------------------ at the start


async def test_where_civitai_does_not_answer_nothing_is_offered_until_it_does(
    open_cache: Open, civitai: PlayedCivitAi
) -> None:
    """In some countries it never does."""
    civitai.troubles = [451, 451]
    cache = await open_cache(look_again_s=0.01)
    async with asyncio.timeout(10):
        while not cache.is_reached:
            await asyncio.sleep(0.01)
    assert civitai.troubles == []


async def test_civitai_that_is_refused_at_the_start_is_not_reached(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """By its status alone."""
    civitai.troubles = [451]
    assert not (await open_cache()).is_reached
    assert (await open_cache()).is_reached


# ------------------------------------------------------------------------ jobs


async def test_a_job_gets_the_names_of_files_and_its_words(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """The backend finds them in its folder; strengths stay."""
    civitai.add(7, 70, b"words", type="TextualInversion")
    cache = await open_cache()
    job = replace(
        JOB,
        loras=(Lora("5", 0.5, 0.25, inject_trigger="all"), Lora("50", is_version=True, inject_trigger="red fax")),
        tis=(TextualInversion("7", "negprompt", 0.7),),
    )
    made = await with_files(job, cache)
    assert made.loras == (Lora("horde-lora-50", 0.5, 0.25), Lora("horde-lora-50"))
    assert made.tis == (TextualInversion("horde-ti-70", "negprompt", 0.7),)
    assert (made.prompt, made.source_remarks) == ("fox, red fox, a den", ())


async def test_a_trigger_that_only_the_file_knows_is_left_to_the_backend(
    open_cache: Open, civitai: PlayedCivitAi
) -> None:
    """CivitAI says nothing about it."""
    civitai.add(8, 80, b"silent", version={"trainedWords": []})
    made = await with_files(replace(JOB, loras=(Lora("8", inject_trigger="any"),)), await open_cache())
    assert (made.loras[0].inject_trigger, made.prompt) == ("any", "a den")


async def test_a_lora_that_cannot_be_had_is_remarked_upon(open_cache: Open, civitai: PlayedCivitAi) -> None:
    """The picture is made without it, and says so; the log says why."""
    cache = await open_cache()
    job = replace(JOB, loras=(Lora("5"), Lora("404")), tis=(TextualInversion("404"),))
    with capture_logs() as logs:
        made = await with_files(job, cache)
    assert [one.name for one in made.loras] == ["horde-lora-50"]
    assert [(one.type, one.value, one.ref) for one in made.source_remarks] == [
        ("lora", "download_failed", "404"), ("ti", "download_failed", "404")
    ]  # fmt: skip
    assert len([one for one in logs if one["event"] == "worker.lora_missing"]) == 2


async def test_a_job_without_any_is_the_same_job(open_cache: Open) -> None:
    """Nothing is asked for."""
    assert await with_files(JOB, await open_cache()) is JOB


def test_files_lie_where_the_backend_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the owner says otherwise; else among the user's caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    comfy = BackendSettings("comfyui", {"loras_folder": "/models/loras", "embeddings_folder": "/models/tis"})
    assert folders_for(LoraCacheSettings(), [BackendSettings("demo"), comfy]) == {
        LORA: Path("/models/loras"), TI: Path("/models/tis")
    }  # fmt: skip
    assert folders_for(LoraCacheSettings(folder=Path("/mine")), [comfy])[LORA] == Path("/mine")
    assert folders_for(LoraCacheSettings(), [])[LORA] == tmp_path / "openhorde" / "lora"
