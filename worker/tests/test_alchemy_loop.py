"""Alchemy through the same loop as pictures: forms instead of models, and one form's trouble is not another's."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import aiohttp
import pytest
from PIL import Image
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyMaker, AlchemyResult
from horde_worker.backends.demo_alchemy_backend import DemoAlchemyBackend
from horde_worker.backends.events import BackendFailure
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.alchemy.kind import AlchemyKind, tiles_of
from horde_worker.kinds.alchemy.self_test import is_picture_form
from horde_worker.loop.breaker import FAILURE_PAUSE_S
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker

Value = Image.Image | str


class Apothecary:
    """A maker that says `good` to everything, doubles pictures, and does as told with what is in `surprises`."""

    def __init__(self, *forms: str, max_tiles: int = 16) -> None:
        self.abilities = AlchemyAbilities(
            forms=forms or ("caption", "palette", "RealESRGAN_x2plus"), max_tiles=max_tiles, max_side=8192, max_batch=4
        )
        self.done: list[tuple[str, tuple[int, int], Mapping[str, Any]]] = []
        self.surprises: dict[str, Callable[[], Value]] = {}

    async def work(
        self, form: str, source: Image.Image, payload: Mapping[str, Any]
    ) -> AsyncGenerator[AlchemyEvent, None]:
        yield AlchemyResult(await self.done_with(form, source, payload))

    async def done_with(self, name: str, source: Image.Image, payload: Mapping[str, Any]) -> Value:
        if name in self.surprises:
            return self.surprises[name]()
        self.done.append((name, source.size, payload))
        return source.resize((source.width * 2, source.height * 2)) if is_picture_form(name) else "good"


def failing() -> Value:
    raise BackendFailure("out of mercury")


def breaking() -> Value:
    raise ZeroDivisionError("retort")


Start = Callable[..., Worker[Any, Any]]


@pytest.fixture
def start(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps) -> Start:
    """Makes an alchemy worker; its `run` is the test's. Self-tests come first, so surprises are set after them."""

    def make(maker: AlchemyMaker, *, wishes: Mapping[str, Any] | None = None, **options: Any) -> Worker[Any, Any]:
        api = HordeApi(session, horde.url, "the key", naps)
        kind = AlchemyKind(api, "apothecary", maker, OperatorWishes("an alchemist", (), **(wishes or {})))
        return Worker(kind, sleep=naps, **options)

    return make


@pytest.fixture
def form(horde: PlayedHorde, answer: type[Answer]) -> Callable[..., dict[str, Any]]:
    """Makes a form whose source lies on the shelf."""
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(kept, "WEBP")
    horde.shelf["source"] = answer(body=kept.getvalue())

    def make(form_id: str, name: str = "caption", **fields: Any) -> dict[str, Any]:
        upload = {"r2_upload": f"{horde.url}/store/{form_id}"} if is_picture_form(name) else {}
        source = f"{horde.url}/shelf/source"
        return {"id": form_id, "form": name, "payload": None, "source_image": source, **upload, **fields}

    return make


Form = Callable[..., dict[str, Any]]


async def test_an_analysis_is_submitted_under_its_form(horde: PlayedHorde, start: Start, form: Form) -> None:
    """alchemy.md §7.1: an object, keyed by the form."""
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"))]
    worker = start(Apothecary(), jobs_wanted=1)
    assert await worker.run() == ExitCode.OK
    assert horde.alchemy_submits == [{"id": "f1", "result": {"caption": "good"}, "state": "ok"}]
    assert (worker.jobs_done, worker.kudos_earned) == (1, 3.0)


async def test_a_picture_is_uploaded_as_webp_and_submitted_as_r2(horde: PlayedHorde, start: Start, form: Form) -> None:
    """§7.4: to the address that came with the form."""
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1", "RealESRGAN_x2plus"))]
    await start(Apothecary(), jobs_wanted=1).run()
    assert horde.alchemy_submits == [{"id": "f1", "result": {"RealESRGAN_x2plus": "R2"}, "state": "ok"}]
    [upload] = horde.uploads
    assert upload.target == "/store/f1"
    with Image.open(io.BytesIO(upload.data)) as image:
        assert (image.format, image.size) == ("WEBP", (80, 60))


async def test_a_pop_offers_forms_and_the_largest_source(horde: PlayedHorde, start: Start, form: Form) -> None:
    """§6.1: the size in tiles."""
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"))]
    await start(Apothecary(max_tiles=9), jobs_wanted=1).run()
    [pop] = horde.alchemy_pops
    assert pop.pop("bridge_agent").startswith("OpenHorde Worker:")
    assert pop == {
        "name": "an alchemist",
        "forms": ["caption", "palette", "RealESRGAN_x2plus"],
        "amount": 4,
        "max_tiles": 9,
        "priority_usernames": [],
        "threads": 1,
    }


async def test_an_operator_may_offer_less(horde: PlayedHorde, start: Start, form: Form) -> None:
    """Some of the forms, smaller sources, fewer at a time; never what the backend cannot do."""
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"))]
    wishes = {"forms": ("caption", "nsfw"), "max_tiles": 4, "batch": 2}
    await start(Apothecary(), wishes=wishes, jobs_wanted=1).run()
    [pop] = horde.alchemy_pops
    assert (pop["forms"], pop["max_tiles"], pop["amount"]) == (["caption"], 4, 2)


@pytest.mark.parametrize(
    "surprise", [failing, breaking, lambda: "no picture"], ids=["failure", "error", "wrong kind of result"]
)
async def test_a_form_that_fails_its_self_test_is_not_offered(
    horde: PlayedHorde, start: Start, form: Form, surprise: Callable[[], Value]
) -> None:
    """The others are."""
    apothecary = Apothecary()
    apothecary.surprises["RealESRGAN_x2plus"] = surprise
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"))]
    await start(apothecary, jobs_wanted=1).run()
    assert horde.alchemy_pops[0]["forms"] == ["caption", "palette"]


async def test_a_worker_without_any_form_ends(horde: PlayedHorde, start: Start) -> None:
    """Before it asks for anything."""
    apothecary = Apothecary("caption")
    apothecary.surprises["caption"] = failing
    assert await start(apothecary).run() == ExitCode.BACKEND
    assert await start(Apothecary("caption"), wishes={"forms": ("nsfw",)}).run() == ExitCode.BACKEND
    assert horde.alchemy_pops == []


async def test_an_alchemist_on_trial_ends(horde: PlayedHorde, start: Start) -> None:
    """Requests of alchemy name no worker: it would serve everybody."""
    assert await start(Apothecary(), wishes={"named_only": True}).run() == ExitCode.BACKEND
    assert horde.alchemy_pops == []


async def test_one_source_of_several_forms_is_fetched_once(horde: PlayedHorde, start: Start, form: Form) -> None:
    """Each form gets its own result and options."""
    apothecary = Apothecary()
    horde.alchemy_pop_script = [
        horde.alchemy_forms(
            form("f1"), form("f2", "palette", payload={"colours": "5"}), form("f3", "RealESRGAN_x2plus")
        )
    ]
    await start(apothecary, jobs_wanted=1).run()
    assert horde.downloads == ["source"]
    assert [one["id"] for one in horde.alchemy_submits] == ["f1", "f2", "f3"]
    assert {one["state"] for one in horde.alchemy_submits} == {"ok"}
    assert apothecary.done[-2:] == [("palette", (40, 30), {"colours": "5"}), ("RealESRGAN_x2plus", (40, 30), {})]


async def test_a_source_may_come_in_base64(horde: PlayedHorde, start: Start, form: Form) -> None:
    """Where a horde sends no address."""
    kept = io.BytesIO()
    Image.new("RGB", (8, 8)).save(kept, "PNG")
    horde.alchemy_pop_script = [
        horde.alchemy_forms(form("f1", source_image=base64.b64encode(kept.getvalue()).decode()))
    ]
    await start(Apothecary(), jobs_wanted=1).run()
    assert horde.alchemy_submits[0]["state"] == "ok"


@pytest.mark.parametrize("source", ["/shelf/missing", "/shelf/broken", ""], ids=["missing", "no picture", "none"])
async def test_forms_whose_source_cannot_be_had_are_given_back_at_once(
    horde: PlayedHorde, start: Start, form: Form, answer: type[Answer], source: str
) -> None:
    """With a result, as the API wants one even then; forms of other sources are done."""
    horde.shelf["broken"] = answer(body=b"no picture")
    bad = {"source_image": f"{horde.url}{source}" if source else ""}
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1", **bad), form("f2"), form("f3", "palette", **bad))]
    await start(Apothecary(), jobs_wanted=1).run()
    assert horde.alchemy_submits == [
        {"id": "f1", "result": {}, "state": "faulted"},
        {"id": "f3", "result": {}, "state": "faulted"},
        {"id": "f2", "result": {"caption": "good"}, "state": "ok"},
    ]


async def test_a_source_beyond_what_was_offered_is_given_back(horde: PlayedHorde, start: Start, form: Form) -> None:
    """A horde may go by an older pop."""
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"))]
    kept = io.BytesIO()
    Image.new("RGB", (600, 30)).save(kept, "WEBP")
    horde.shelf["source"].body = kept.getvalue()
    await start(Apothecary(max_tiles=1), wishes={"max_tiles": 256}, jobs_wanted=1).run()
    assert horde.alchemy_pops[0]["max_tiles"] == 1
    assert horde.alchemy_submits == [{"id": "f1", "result": {}, "state": "faulted"}]
    assert tiles_of(Image.new("L", (600, 513))) == 4


async def test_forms_that_were_not_offered_are_given_back(horde: PlayedHorde, start: Start, form: Form) -> None:
    """Alone or among others, without a try."""
    horde.alchemy_pop_script = [
        horde.alchemy_forms(form("f1", "GFPGAN")),
        horde.alchemy_forms(form("f2", "GFPGAN"), form("f3")),
    ]
    await start(Apothecary(), jobs_wanted=1).run()
    assert [(one["id"], one["state"]) for one in horde.alchemy_submits] == [
        ("f1", "faulted"), ("f2", "faulted"), ("f3", "ok"),
    ]  # fmt: skip


async def test_no_more_forms_are_given_back_than_were_asked_for(horde: PlayedHorde, start: Start, form: Form) -> None:
    """A horde that hands out more does not keep the worker busy."""
    horde.alchemy_pop_script = [
        horde.alchemy_forms(*(form(f"f{number}") for number in range(1000))), horde.alchemy_forms(form("good"))
    ]  # fmt: skip
    await start(Apothecary(), jobs_wanted=1).run()
    assert [(one["id"], one["state"]) for one in horde.alchemy_submits] == [
        *((f"f{number}", "faulted") for number in range(4)), ("good", "ok")
    ]  # fmt: skip


async def test_one_form_that_fails_does_not_take_the_others_along(
    horde: PlayedHorde, start: Start, form: Form, naps: Naps
) -> None:
    """And does not count as a failure of the worker."""
    apothecary = Apothecary()
    horde.alchemy_pop_script = [
        horde.alchemy_forms(form(f"a{number}"), form(f"b{number}", "palette")) for number in range(5)
    ]
    worker = start(apothecary, jobs_wanted=5)
    apothecary.surprises = {}

    async def work(name: str, source: Image.Image, payload: Mapping[str, Any]) -> Value:
        if name == "caption" and source.size == (40, 30):
            breaking()
        return "good" if not is_picture_form(name) else source

    apothecary.done_with = work  # type: ignore[method-assign]
    await worker.run()
    states = {one["id"]: one["state"] for one in horde.alchemy_submits}
    assert states == {
        f"{name}{number}": state for number in range(5) for name, state in (("a", "faulted"), ("b", "ok"))
    }
    assert FAILURE_PAUSE_S not in naps.taken


async def test_a_result_that_json_cannot_say_is_given_back(horde: PlayedHorde, start: Start, form: Form) -> None:
    """It would end the worker where it is sent."""
    apothecary = Apothecary()
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"), form("f2", "palette"))]
    worker = start(apothecary, jobs_wanted=1)

    async def work(name: str, source: Image.Image, payload: Mapping[str, Any]) -> Any:
        if is_picture_form(name):
            return source
        return {"odd": object()} if name == "caption" else {"none": None}

    apothecary.done_with = work  # type: ignore[method-assign]
    assert await worker.run() == ExitCode.OK
    assert horde.alchemy_submits == [
        {"id": "f1", "result": {}, "state": "faulted"},
        {"id": "f2", "result": {"palette": {"none": None}}, "state": "ok"},
    ]


async def test_forms_that_the_api_does_not_know_are_not_offered(horde: PlayedHorde, start: Start, form: Form) -> None:
    """A backend may do more than a horde can ask for."""
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1"))]
    await start(Apothecary("caption", "juggle"), jobs_wanted=1).run()
    assert horde.alchemy_pops[0]["forms"] == ["caption"]
    assert await start(Apothecary("juggle")).run() == ExitCode.BACKEND


async def test_a_finished_form_is_delivered_though_the_next_one_overruns_its_time(
    horde: PlayedHorde, start: Start, form: Form
) -> None:
    """It was lost with the other when the time for both was over."""
    apothecary = Apothecary()
    answer = horde.alchemy_forms(form("a"), form("b", "palette"))
    answer.body["ttl"] = 1  # seconds
    horde.alchemy_pop_script = [answer]
    worker = start(apothecary, jobs_wanted=1)
    delivered_meanwhile: list[list[str]] = []

    async def work(name: str, source: Image.Image, payload: Mapping[str, Any]) -> Value:
        if name == "palette" and source.size == (40, 30):  # no self-test
            delivered_meanwhile.append([one["id"] for one in horde.alchemy_submits])
            await asyncio.Event().wait()
        return "good" if not is_picture_form(name) else source

    apothecary.done_with = work  # type: ignore[method-assign]
    await worker.run()
    assert delivered_meanwhile == [["a"]]
    assert [(one["id"], one["state"]) for one in horde.alchemy_submits] == [("a", "ok"), ("b", "faulted")]
    assert worker.kudos_earned == 3.0


async def test_three_jobs_that_fail_in_a_row_pause_the_worker(
    horde: PlayedHorde, start: Start, form: Form, naps: Naps
) -> None:
    """The same rule as for pictures."""
    apothecary = Apothecary("caption")
    horde.alchemy_pop_script = [horde.alchemy_forms(form(f"f{number}")) for number in range(5)]
    tried: list[str] = []

    async def work(name: str, source: Image.Image, payload: Mapping[str, Any]) -> Value:
        tried.append(name)
        return failing() if 1 < len(tried) <= 4 else "good"  # the first is the self-test

    apothecary.done_with = work  # type: ignore[method-assign]
    await start(apothecary, jobs_wanted=5).run()
    assert naps.taken.count(FAILURE_PAUSE_S) == 1


async def test_a_picture_that_cannot_be_uploaded_is_given_back(
    horde: PlayedHorde, start: Start, form: Form, answer: type[Answer]
) -> None:
    """The API takes no pictures inside the answer for alchemy."""
    horde.upload_script = [answer(403)]
    horde.alchemy_pop_script = [
        horde.alchemy_forms(form("f1", "RealESRGAN_x2plus"), form("f2", "RealESRGAN_x2plus", r2_upload=""))
    ]
    worker = start(Apothecary(), jobs_wanted=1)
    await worker.run()
    assert [(one["id"], one["state"], one["result"]) for one in horde.alchemy_submits] == [
        ("f1", "faulted", {}),
        ("f2", "faulted", {}),
    ]
    assert worker.jobs_done == 0


async def test_a_horde_that_will_not_hear_of_a_fault_does_not_end_the_worker(
    horde: PlayedHorde, start: Start, form: Form, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form comes back to others by itself after its three minutes."""
    horde.alchemy_submit_script = [answer(404, {"message": "gone", "rc": "InvalidJobID"})]
    horde.alchemy_pop_script = [horde.alchemy_forms(form("f1", source_image=f"{horde.url}/shelf/missing")),
                                horde.alchemy_forms(form("f2"))]  # fmt: skip
    assert await start(Apothecary(), jobs_wanted=2).run() == ExitCode.OK
    assert [one["id"] for one in horde.alchemy_submits] == ["f1", "f2"]


async def test_the_built_in_forms_are_done(horde: PlayedHorde, start: Start, form: Form) -> None:
    """From pop to submit, each once, the upscaled pictures by the factor in their names."""
    backend = DemoAlchemyBackend()
    names = backend.abilities.forms
    horde.alchemy_pop_script = [horde.alchemy_forms(form(name, name)) for name in names]
    await start(backend, jobs_wanted=len(names)).run()
    assert horde.alchemy_pops[0]["forms"] == list(names)
    results = {one["id"]: one["result"] for one in horde.alchemy_submits}
    assert list(results) == list(names)
    assert results["palette"]["palette"][0]["share"] > 0.9
    assert (results["describe"]["describe"]["width"], results["describe"]["describe"]["height"]) == (40, 30)
    assert results["vectorize"]["vectorize"].startswith("<svg ")
    sizes = {upload.target.rpartition("/")[2]: Image.open(io.BytesIO(upload.data)).size for upload in horde.uploads}
    assert sizes["RealESRGAN_x2plus"] == (80, 60)
    assert sizes["RealESRGAN_x4plus"] == (160, 120)
    assert len(sizes) == 11
