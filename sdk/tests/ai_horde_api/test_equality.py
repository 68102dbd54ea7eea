"""Which models have neither hash nor equality, and which no hash only."""

from __future__ import annotations

import pytest
from pydantic import RootModel

from horde_sdk.ai_horde_api import apimodels
from horde_sdk.generic_api.decoration import is_unequatable, is_unhashable

JOBS = ["11111111-0000-0000-0000-000000000000", "22222222-0000-0000-0000-000000000000"]


def test_popped_forms_are_equal_in_any_order() -> None:
    forms = [{"id": job, "form": "caption"} for job in JOBS]
    one, other, less = (
        apimodels.AlchemyJobPopResponse.model_validate({"forms": some}) for some in (forms, forms[::-1], forms[:1])
    )

    assert one == other
    assert hash(one) == hash(other)
    assert one != less


NEITHER = """
    ActiveGenerations AlchemyAsyncRequest AlchemyPopRequest AllCollectionsResponse AllStylesImageResponse
    AllStylesTextResponse AllTeamDetailsResponse AllWorkersDetailsResponse ContainsWarningsResponseMixin
    CreateCollectionRequest FilterPromptSuspicionResponse FilterRegexResponse FiltersListResponse
    HordeStatusModelsAllResponse HordeStatusModelsSingleResponse IPTimeoutListResponse ImageGenerateAsyncRequest
    ImageGenerateJobPopRequest ImageGenerationJobSubmitRequest ImageStatsModelsResponse ListUsersDetailsResponse
    NewsResponse RateRequest ResponseModelCollection ResponseModelMessages SingleWorkerDetailsResponse StyleStable
    TeamDetails TextGenerateJobPopRequest TextGenerationJobSubmitRequest UpdateCollectionRequest UserDetailsResponse
""".split()  # noqa: SIM905  # a list of words reads best as text
NO_HASH = """
    ModelGenerationInputKobold ModelPayloadRootKobold TextGenerateAsyncRequest TextStatsModelResponse
    TextStatsModelsTotalResponse WorkerDetailItem
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", [*NEITHER, *NO_HASH])
def test_model_has_no_hash(name: str) -> None:
    model = getattr(apimodels, name)

    assert is_unhashable(model)
    assert model.__hash__ is None


@pytest.mark.parametrize("name", NEITHER)
def test_model_is_equal_to_itself_only(name: str) -> None:
    model = getattr(apimodels, name)
    root: list[list[object]] = [[]] if issubclass(model, RootModel) else []
    one, other = model.model_construct(*root), model.model_construct(*root)

    assert is_unequatable(model)
    assert one == one
    assert one != other


@pytest.mark.parametrize("name", NO_HASH)
def test_model_without_hash_is_equal_by_what_it_holds(name: str) -> None:
    assert not is_unequatable(getattr(apimodels, name))
