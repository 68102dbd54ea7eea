"""Pictures between their maker and the horde: judged, post-processed in order, or replaced; through the real loop."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image, ImageOps
from played_horde import PlayedHorde
from workshop import Naps, Painter

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyResult, Option
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.image import finishing
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.run import run_worker
from horde_worker.safety.decision import Reason
from horde_worker.safety.judgement import Judgement, SafetyChecker, Wanted
from horde_worker.safety.placeholders import placeholder
from horde_worker.settings import LiveWishes, OperatorWishes, WorkerSettings
from horde_worker.worker import Worker


class Judge:
    """Says what it is told to; writes down what it was shown."""

    name = "judge"

    def __init__(self, judgement: Judgement | Exception = Judgement(), *, can_judge: bool = True) -> None:  # noqa: B008
        self.judgement = judgement
        self.can_judge = can_judge
        self.shown: list[tuple[tuple[int, int], Wanted]] = []

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        self.shown.append((picture.size, wanted))
        if isinstance(self.judgement, Exception):
            raise self.judgement
        return self.judgement


class Alchemist:
    """Doubles, inverts, makes transparent; writes down in which order, and with which options."""

    def __init__(self, **abilities: Any) -> None:
        forms = ("palette", "RealESRGAN_x2plus", "GFPGAN", "strip_background", "NMKD_Siax")
        self.abilities = AlchemyAbilities(**{"forms": forms, "max_tiles": 9, "max_side": 4000, **abilities})
        self.done: list[tuple[str, tuple[int, int], Mapping[str, Option]]] = []
        self.breaks = False

    async def work(
        self, form: str, source: Image.Image, payload: Mapping[str, Option]
    ) -> AsyncGenerator[AlchemyEvent, None]:
        self.done.append((form, source.size, payload))
        if form == "NMKD_Siax" or self.breaks:
            raise BackendFailure("the retort is cracked")
        if form == "RealESRGAN_x2plus":
            yield AlchemyResult(source.resize((source.width * 2, source.height * 2)))
        elif form == "GFPGAN":
            yield AlchemyResult(ImageOps.invert(source.convert("RGB")))
        else:
            yield AlchemyResult(Image.new("RGBA", source.size, (0, 0, 0, 0)))


Start = Callable[..., Worker[Any, Any]]


@pytest.fixture
def start(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Makes an image worker with this judge; its `run` is the test's."""

    def make(
        judge: SafetyChecker,
        alchemist: Alchemist | None = None,
        *,
        painter: Painter | None = None,
        wishes: Mapping[str, Any] | None = None,
    ) -> Worker[Any, Any]:
        async def chosen(*_args: Any, **_kwargs: Any) -> SafetyChecker:
            return judge

        monkeypatch.setattr(finishing, "opened_checker", chosen)
        api = HordeApi(session, horde.url, "the key", naps)
        own_wishes = OperatorWishes("a worker", ("paint",), **(wishes or {}))
        kind = ImageKind(api, "painter", painter or Painter(), own_wishes, alchemist)
        return Worker(kind, sleep=naps, jobs_wanted=1)

    return make


def uploaded(horde: PlayedHorde) -> Image.Image:
    [upload] = horde.uploads
    return Image.open(io.BytesIO(upload.data))


def remarks(submit: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["type"], one["value"]) for one in submit["gen_metadata"]]


async def test_an_unsafe_picture_that_is_to_be_censored_is_replaced(horde: PlayedHorde, start: Start) -> None:
    """The horde goes by the remark; the state says it too."""
    horde.pop_script = [horde.job("j1", payload={"use_nsfw_censor": True, "width": 128})]
    assert await start(Judge(Judgement(is_nsfw=True))).run() == ExitCode.OK
    submit = horde.submit_of("j1")
    assert (submit["state"], submit["censored"], submit["generation"]) == ("censored", True, "R2")
    assert remarks(submit) == [("censorship", "nsfw")]
    expected = io.BytesIO()
    placeholder(Reason.SFW_REQUEST, (128, 64)).save(expected, "WEBP", quality=95, method=4)
    assert horde.uploads[0].data == expected.getvalue()


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [({"nsfw": False, "censor_nsfw": True}, Reason.SFW_WORKER), ({"censorlist": ("circ",)}, Reason.CENSORLIST)],
)
async def test_an_operator_has_unsafe_pictures_replaced(
    horde: PlayedHorde, start: Start, wishes: dict[str, Any], reason: Reason
) -> None:
    """Each for its own reason, to be seen in the placeholder."""
    horde.pop_script = [horde.job("j1")]
    await start(Judge(Judgement(is_nsfw=True)), wishes=wishes).run()
    assert horde.submit_of("j1")["state"] == "censored"
    made = uploaded(horde).convert("RGB").getpixel((1, 1))
    ground = placeholder(reason, (64, 64)).getpixel((1, 1))
    assert isinstance(made, tuple) and isinstance(ground, tuple)
    assert max(abs(one - other) for one, other in zip(made, ground, strict=True)) < 6


async def test_csam_is_withheld_and_told(horde: PlayedHorde, start: Start) -> None:
    """Nothing of the picture goes out, and nothing is worked on."""
    horde.pop_script = [horde.job("j1", payload={"post_processing": ["RealESRGAN_x2plus"]})]
    alchemist = Alchemist()
    await start(Judge(Judgement(is_csam=True)), alchemist).run()
    submit = horde.submit_of("j1")
    assert (submit["state"], remarks(submit)) == ("csam", [("censorship", "csam")])
    assert uploaded(horde).size == (64, 64)
    assert len(alchemist.done) == 4  # its self-tests


async def test_an_unsafe_picture_that_is_wanted_is_delivered_with_a_remark(horde: PlayedHorde, start: Start) -> None:
    """As it is."""
    horde.pop_script = [horde.job("j1")]
    await start(Judge(Judgement(is_nsfw=True))).run()
    submit = horde.submit_of("j1")
    assert (submit["state"], remarks(submit)) == ("ok", [("information", "nsfw")])
    assert "censored" not in submit


@pytest.mark.parametrize("error", [BackendFailure("the judge is ill"), ZeroDivisionError("verdict")])
async def test_a_judge_that_fails_lets_nothing_out(horde: PlayedHorde, start: Start, error: Exception) -> None:
    """The job is given back with the reason."""
    horde.pop_script = [horde.job("j1")]
    await start(Judge(error)).run()
    assert horde.fault_of("j1") == str(error)
    assert horde.uploads == []


async def test_what_is_to_be_censored_goes_back_where_nobody_judges(horde: PlayedHorde, start: Start) -> None:
    """At once; other jobs are done."""
    horde.pop_script = [horde.job("j1", payload={"use_nsfw_censor": True}), horde.job("j2")]
    await start(Judge(can_judge=False)).run()
    assert horde.fault_of("j1") == "this worker has no classifier to censor by"
    assert horde.submit_of("j2")["state"] == "ok"


async def test_a_worker_that_becomes_one_for_work_needs_a_judge(horde: PlayedHorde, start: Start) -> None:
    """An operator may change that while it runs: nothing goes out uncensored then."""
    horde.pop_script = [horde.job("j1")]
    live = LiveWishes({"nsfw": False})
    worker = start(Judge(can_judge=False), wishes={"censor_nsfw": True, "live": live})
    running = asyncio.create_task(worker.run())
    await horde.until(lambda: horde.submits)
    worker.leave()
    await running
    assert horde.fault_of("j1") == "this worker has no classifier to censor by"


async def test_a_word_on_the_blacklist_is_told_to_the_horde_and_looked_for_here(
    horde: PlayedHorde, start: Start
) -> None:
    """A horde may go by an older pop."""
    horde.pop_script = [horde.job("j1", payload={"prompt": "A Circus"}), horde.job("j2", payload={"prompt": "a fox"})]
    await start(Judge(), wishes={"blacklist": ("Circus",)}).run()
    assert horde.pops[0]["blacklist"] == ["circus"]
    assert horde.fault_of("j1") == "a word of the prompt is on this worker's blacklist"
    assert horde.submit_of("j2")["state"] == "ok"


async def test_the_judge_sees_the_picture_before_it_is_worked_on(horde: PlayedHorde, start: Start) -> None:
    """And knows what it was to show."""
    horde.pop_script = [horde.job("j1", payload={"prompt": "a fox###fur", "post_processing": ["RealESRGAN_x2plus"]})]
    judge = Judge()
    await start(judge, Alchemist()).run()
    assert judge.shown == [((64, 64), Wanted("a fox", "fur"))]


async def test_post_processors_run_in_their_order_with_their_options(horde: PlayedHorde, start: Start) -> None:
    """Each on what the one before made."""
    wished = ["GFPGAN", "RealESRGAN_x2plus", "strip_background"]
    horde.pop_script = [horde.job("j1", payload={"post_processing": wished, "facefixer_strength": 0.25})]
    alchemist = Alchemist()
    await start(Judge(), alchemist).run()
    assert [(form, size) for form, size, _ in alchemist.done[-3:]] == [
        ("GFPGAN", (64, 64)),
        ("RealESRGAN_x2plus", (64, 64)),
        ("strip_background", (128, 128)),
    ]
    assert alchemist.done[-3][2] == {"facefixer_strength": 0.25}
    picture = uploaded(horde)
    assert (picture.format, picture.mode, picture.size) == ("WEBP", "RGBA", (128, 128))


async def test_what_has_proven_itself_is_offered(horde: PlayedHorde, start: Start) -> None:
    """By name, and as the flag that other hordes read; what makes no picture is no post-processor."""
    horde.pop_script = [horde.job("j1")]
    await start(Judge(), Alchemist()).run()
    [pop, *_] = horde.pops
    assert pop["allow_post_processing"] is True
    assert {"post-processing", "GFPGAN", "RealESRGAN_x2plus", "strip_background"} <= set(pop["capabilities"])
    assert not {"palette", "NMKD_Siax"} & set(pop["capabilities"])


async def test_without_alchemy_nothing_of_it_is_offered(horde: PlayedHorde, start: Start) -> None:
    """And a job that wants it goes back."""
    horde.pop_script = [horde.job("j1", payload={"post_processing": ["GFPGAN"]}), horde.job("j2")]
    await start(Judge()).run()
    assert horde.pops[0]["allow_post_processing"] is False
    assert "does not offer GFPGAN, post-processing" in horde.fault_of("j1")


async def test_what_would_take_too_long_on_the_largest_picture_is_not_offered(horde: PlayedHorde, start: Start) -> None:
    """512×512 here; the largest is one tile."""
    horde.pop_script = [horde.job("j1")]
    slow = {"GFPGAN": 61.0, "RealESRGAN_x2plus": 59.0}
    await start(Judge(), Alchemist(seconds_per_tile=slow)).run()
    assert "GFPGAN" not in horde.pops[0]["capabilities"]
    assert "RealESRGAN_x2plus" in horde.pops[0]["capabilities"]


async def test_the_maker_does_what_it_can_up_to_the_first_that_it_cannot(horde: PlayedHorde, start: Start) -> None:
    """The order counts."""
    painter = Painter()
    own = frozenset({"r2", "post-processing", "CodeFormers", "RealESRGAN_x2plus"})
    painter.abilities = replace(painter.abilities, capabilities=own)
    alchemist = Alchemist(forms=("GFPGAN", "RealESRGAN_x2plus"))
    wished = ["CodeFormers", "GFPGAN"]
    horde.pop_script = [horde.job("j1", payload={"post_processing": wished})]
    await start(Judge(), alchemist, painter=painter).run()
    assert painter.jobs[0].post_processing == ("CodeFormers",)
    assert [form for form, _, _ in alchemist.done] == ["GFPGAN", "GFPGAN"]  # its self-test, and the job
    assert horde.submit_of("j1")["state"] == "ok"


async def test_a_post_processor_that_breaks_is_a_fault_with_its_reason(horde: PlayedHorde, start: Start) -> None:
    """No half-made picture goes out."""
    horde.pop_script = [horde.job("j1", payload={"post_processing": ["GFPGAN"]})]
    alchemist = Alchemist()
    worker = start(Judge(), alchemist)
    running = asyncio.create_task(worker.run())
    await horde.until(lambda: horde.pops)
    alchemist.breaks = True
    await running
    assert horde.fault_of("j1") == "the retort is cracked"
    assert horde.uploads == []


async def test_in_one_process_alchemy_works_on_what_another_backend_paints(
    horde: PlayedHorde, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The built-in ones, really: the resampler enlarges, and the horde is told that it is one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    wished = ["RealESRGAN_x2plus"]
    horde.pop_script = [horde.job("j1", model="ember-demo", payload={"post_processing": wished})]
    backends = (BackendSettings("demo"), BackendSettings("demo-alchemy"))
    wishes = OperatorWishes("a worker", forms=("palette", "RealESRGAN_x2plus"))
    settings = WorkerSettings(horde.url, "the key", wishes, backends=backends, jobs_wanted=1)
    horde.alchemy_pop_script = [horde.alchemy_forms({"id": "f1"})]  # not to be done, and it is over
    running = asyncio.create_task(run_worker(settings))
    await horde.until(lambda: horde.submits)
    running.cancel()
    await asyncio.wait((running,))
    assert "RealESRGAN_x2plus" in horde.pops[0]["capabilities"]
    assert "RealESRGAN_x4plus" not in horde.pops[0]["capabilities"]  # a form that the operator does not want
    submit = horde.submit_of("j1")
    assert submit["state"] == "ok"
    assert "RealESRGAN_x2plus: done by a simpler stand-in" in [one.get("ref") for one in submit["gen_metadata"]]
    assert uploaded(horde).size == (128, 128)
