"""Fields that were meant to be others are named in `warnings`; the request is served all the same."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = "`{}` is not known here and has no effect: you may mean `{}`."


def told(answer: Any, code: str = "UnknownField") -> str | None:
    assert answer.status_code in {200, 202}, answer.text
    return next((each["message"] for each in answer.json().get("warnings", ()) if each["code"] == code), None)


class TestRequests:
    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({"params": {"stepz": 20}}, UNKNOWN.format("params.stepz", "params.steps")),
            ({"params": {"stepps": 20}}, UNKNOWN.format("params.stepps", "params.steps")),
            ({"model": ["x"]}, UNKNOWN.format("model", "models")),
            ({"Prompt": "x"}, UNKNOWN.format("Prompt", "prompt")),
            ({"stepps": 20}, UNKNOWN.format("stepps", "params.steps")),
            ({"width": 512}, "`width` belongs into `params`: here it has no effect."),
            ({"params": {"models": []}}, "`models` stands beside `params`, not in it: here it has no effect."),
        ],
    )  # fmt: skip
    async def test_a_slip_of_the_pen_is_named(self, module_horde: Horde, body: dict[str, Any], sentence: str) -> None:
        assert told(await module_horde.ask(**body)) == sentence

    @pytest.mark.parametrize(
        "body",
        [{}, {"params": {}}, {"my_program": 1}, {"params": {"quiet": True, "sampler_seed": 1}}, {"x" * 5000: 1}],
    )
    async def test_fields_of_other_programs_are_ignored_without_a_word(
        self, module_horde: Horde, body: dict[str, Any]
    ) -> None:
        """basics.md §3.5: unknown keys are allowed and ignored."""
        assert told(await module_horde.ask(**body)) is None

    async def test_a_quote_tells_it_too(self, module_horde: Horde) -> None:
        assert told(await module_horde.ask(dry_run=True, params={"stepz": 20})) is not None

    async def test_many_are_told_in_few_words(self, module_horde: Horde) -> None:
        body: dict[str, Any] = {f"prompt{number}": 1 for number in range(1000)}
        answer = await module_horde.ask(**body)
        assert len(answer.content) < 2000
        assert str(told(answer)).count("you may mean") == 5

    async def test_of_texts_and_their_params(self, module_horde: Horde) -> None:
        horde = module_horde
        assert "`params.max_length`" in str(told(await horde.texts.ask(max_lenght=80)))
        assert "belongs into `params`" in str(told(await horde.texts.ask(temperature=1.0)))
        assert told(await horde.texts.ask(params={"quiet": True})) is None

    async def test_of_alchemy(self, module_horde: Horde) -> None:
        assert "`slow_workers`" in str(told(await module_horde.alchemy.ask("caption", slow_worker=True)))
        assert told(await module_horde.alchemy.ask("caption")) is None


class TestSources:
    @pytest.mark.parametrize("processing", ["img2img", "inpainting", "outpainting"])
    async def test_processing_of_no_picture_is_named(self, module_horde: Horde, processing: str) -> None:
        answer = await module_horde.ask(source_processing=processing)
        assert f"source_processing is {processing}, but there is no source_image" in str(
            told(answer, "SourceImageMissing")
        )

    async def test_whoever_asks_for_none_is_told_nothing(self, module_horde: Horde) -> None:
        assert told(await module_horde.ask(), "SourceImageMissing") is None


class TestSeeds:
    async def test_minus_one_is_no_random_seed_here(self, module_horde: Horde) -> None:
        """requests.md §2.7: what is no number is text, and gives one seed; other programs mean any by -1."""
        assert "leave seed out" in str(told(await module_horde.ask(params={"seed": "-1"}), "SeedIsText"))
        assert told(await module_horde.ask(params={"seed": "17"}), "SeedIsText") is None


class TestPops:
    async def test_a_worker_that_gets_nothing_and_one_that_gets_a_job_are_told(self, module_horde: Horde) -> None:
        horde = module_horde
        owner = await horde.account("owner", columns={"customizer": True})
        offer: dict[str, Any] = {"models": ["only for pops"], "max_pixel": 512 * 512}
        assert "`max_pixels`" in str(told(await horde.try_pop(owner.api_key, **offer)))
        request_id = await horde.request(models=["only for pops"])
        answer = await horde.try_pop(owner.api_key, **offer)
        assert answer.json()["id"]
        assert "`max_pixels`" in str(told(answer))
        await horde.cancel(request_id)

    async def test_of_texts_and_alchemy(self, module_horde: Horde) -> None:
        horde = module_horde
        owner = await horde.account("owner")
        assert "`max_length`" in str(told(await horde.texts.try_pop(owner.api_key, "slipping", max_lenght=80)))
        assert "`forms`" in str(told(await horde.alchemy.try_pop(owner.api_key, form=["caption"])))
        assert told(await horde.texts.try_pop(owner.api_key, "slipping")) is None
