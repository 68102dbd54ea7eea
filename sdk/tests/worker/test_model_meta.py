"""Instructions such as `top 5` become names of models: by the horde's statistics and an injected model reference."""

from __future__ import annotations

from typing import Any

import pytest
from fake_horde import FakeHorde, Reply

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIManualClient
from horde_sdk.ai_horde_api.apimodels.stats import ImageStatsModelsResponse, StatsModelsTimeframe
from horde_sdk.exceptions import AIHordeRequestError
from horde_sdk.worker.dispatch.ai_horde.bridge_data import MetaInstruction
from horde_sdk.worker.model_meta import ImageModelLoadResolver

STATS_LINE = "GET /v2/stats/img/models"
COUNTS = {"Deliberate": 50, "AlbedoBase XL": 40, "Flux": 90, "Gone": 99, "Hentai": 5, "Inpainter": 1}


def a_record(baseline: str, **more: Any) -> dict[str, Any]:
    return {"baseline": baseline, "nsfw": False, "inpainting": False, **more}


REFERENCE = {
    "Deliberate": a_record("stable_diffusion_1"),
    "Inpainter": a_record("stable_diffusion_1", inpainting=True),
    "AlbedoBase XL": a_record("stable_diffusion_xl"),
    "Hentai": a_record("stable_diffusion_xl", nsfw=True),
    "Old 512": a_record("stable_diffusion_2_512"),
    "Old 768": a_record("stable_diffusion_2_768"),
    "Cascade": a_record("stable_cascade"),
    "Flux": a_record("flux_1"),
}
LARGE = {"Cascade", "Flux"}


class AsAttributes:
    """A record as the package `horde_model_reference` has them."""

    def __init__(self, fields: dict[str, Any]) -> None:
        vars(self).update(fields)


class AsManager:
    """A manager as the package `horde_model_reference` has it."""

    def get_all_model_references(self) -> dict[str, Any]:
        return {"image_generation": {name: AsAttributes(record) for name, record in REFERENCE.items()}, "clip": {}}


class AsOldManager(AsManager):
    """The same in releases that wrap the records."""

    def get_all_model_references(self) -> dict[str, Any]:
        return {"image_generation": AsAttributes({"root": super().get_all_model_references()["image_generation"]})}


def resolved(horde: FakeHorde, *instructions: str, large: bool = True, reference: Any = REFERENCE) -> set[str]:
    horde.will_answer(STATS_LINE, Reply(200, {"day": {}, "month": COUNTS, "total": {}}))
    resolver = ImageModelLoadResolver(reference)
    return resolver.resolve_meta_instructions(list(instructions), AIHordeAPIManualClient(), load_large_models=large)


@pytest.mark.parametrize("reference", [REFERENCE, AsManager(), AsOldManager()], ids=["mapping", "manager", "old"])
@pytest.mark.parametrize(
    ("instruction", "names"),
    [
        ("all", set(REFERENCE)),
        ("ALL models", set(REFERENCE)),
        ("all sdxl", {"AlbedoBase XL", "Hentai"}),
        ("all sd15 models", {"Deliberate", "Inpainter"}),
        ("all sd21", {"Old 512", "Old 768"}),
        ("all sfw", set(REFERENCE) - {"Hentai"}),
        ("all nsfw model", {"Hentai"}),
        ("all inpainting", {"Inpainter"}),
        ("TOP 3", {"Flux", "Deliberate"}),
        ("bottom 2", {"Inpainter", "Hentai"}),
        ("top 0", set()),
        ("Deliberate", set()),
        ("all of them", set()),
    ],
)
def test_instruction_becomes_names(horde: FakeHorde, reference: Any, instruction: str, names: set[str]) -> None:
    assert resolved(horde, instruction, reference=reference) == names


def test_horde_is_asked_once_and_only_if_needed(horde: FakeHorde) -> None:
    assert resolved(horde, "all sd15", "nonsense") == {"Deliberate", "Inpainter"}
    assert horde.asked == []
    assert resolved(horde, "top 2", "bottom 1", "top 4") == {"Flux", "Deliberate", "Inpainter", "AlbedoBase XL"}
    assert [asked.query for asked in horde.asked] == ["model_state=known"]


def test_large_models_are_left_out_on_demand(horde: FakeHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved(horde, "all", large=False) == set(REFERENCE) - LARGE
    assert resolved(horde, "top 3", large=False) == {"Deliberate"}
    resolver = ImageModelLoadResolver(REFERENCE)
    assert resolver.resolve_all_model_names(ignore_large_models_env_var=False) == set(REFERENCE) - LARGE
    assert resolver.remove_large_models({"Flux", "Deliberate"}) == {"Flux", "Deliberate"}

    monkeypatch.setenv("AI_HORDE_MODEL_META_LARGE_MODELS", "1")
    assert resolved(horde, "all", large=False) == set(REFERENCE)
    assert resolver.resolve_all_model_names(ignore_large_models_env_var=False) == set(REFERENCE)


def test_without_a_reference_only_the_ranking_is_known(horde: FakeHorde) -> None:
    assert resolved(horde, "top 2", "all", reference=None) == {"Gone", "Flux"}


def test_refusal_of_the_horde_is_raised(horde: FakeHorde) -> None:
    horde.will_answer(STATS_LINE, Reply(400, {"message": "no statistics today", "rc": "Closed"}))

    with pytest.raises(AIHordeRequestError, match="no statistics today"):
        ImageModelLoadResolver(REFERENCE).resolve_meta_instructions(["top 1"], AIHordeAPIManualClient())


@pytest.mark.parametrize(
    ("number", "top", "bottom"), [(-1, [], []), (1, ["a"], ["c"]), (9, ["a", "b", "c"], ["c", "b", "a"])]
)
def test_ranking_is_by_use_in_the_time_frame(number: int, top: list[str], bottom: list[str]) -> None:
    stats = ImageStatsModelsResponse(day={}, month={"b": 2, "a": 3, "c": 1}, total={})

    assert ImageModelLoadResolver.resolve_top_n_model_names(number, stats, StatsModelsTimeframe.month) == top
    assert ImageModelLoadResolver.resolve_bottom_n_model_names(number, stats, StatsModelsTimeframe.month) == bottom
    assert ImageModelLoadResolver.resolve_top_n_model_names(number, stats, StatsModelsTimeframe.day) == []


def test_pattern_is_found_at_the_beginning_whatever_the_capitals() -> None:
    match = ImageModelLoadResolver.meta_instruction_regex_match(MetaInstruction.TOP_N_REGEX, "Top 12")

    assert match is not None
    assert match.group(1) == "12"
    assert ImageModelLoadResolver.meta_instruction_regex_match(MetaInstruction.ALL_REGEX, "not all") is None


def test_model_reference_is_the_first_argument_and_the_old_path_leads_here() -> None:
    from horde_sdk.ai_horde_worker.bridge_data import CombinedHordeBridgeData as OldBridgeData
    from horde_sdk.ai_horde_worker.model_meta import ImageModelLoadResolver as OldResolver
    from horde_sdk.worker.dispatch.ai_horde.bridge_data import CombinedHordeBridgeData

    assert OldResolver is ImageModelLoadResolver
    assert OldBridgeData is CombinedHordeBridgeData
    assert OldResolver(REFERENCE).resolve_all_models_of_baseline("flux_1") == {"Flux"}
