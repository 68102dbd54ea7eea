"""Models of shared keys, styles, teams, users, statistics and the rest: rules, secrets, what goes over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_horde import JOB
from pydantic import ValidationError

from horde_sdk.ai_horde_api.apimodels import (
    AIHordeGetTermsRequest,
    AllWorkerMessagesRequest,
    CollectionByNameRequest,
    CreateStyleImageRequest,
    ExpiryStrSharedKeyDetailsResponse,
    FilterPromptSuspicionRequest,
    FilterPromptSuspicionResponse,
    FiltersListRequest,
    HordeDocument,
    HordeModesRequest,
    ImageStatsModelsRequest,
    ImageStatsModelsResponse,
    ModelStyleInputParamsStable,
    ModifyStyleTextRequest,
    ModifyTeamRequest,
    ModifyUserRequest,
    NewsResponse,
    PutNewFilterRequest,
    RateRequest,
    ResponseModelStylesUser,
    SharedKeyCreateRequest,
    SharedKeyModifyRequest,
    SingleIPTimeoutsRequest,
    SinglePeriodImgStat,
    StyleImageExampleModifyRequest,
    StyleType,
    UserDetailsResponse,
)
from horde_sdk.ai_horde_api.apimodels.stats import StatsModelsTimeframe
from horde_sdk.ai_horde_api.consts import MODEL_STATE
from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.generic_api.apimodels import HordeRequest
from horde_sdk.generic_api.steps import Exchange
from horde_sdk.generic_api.wire import Caller, to_exchange

KEY = "a-key-of-22-characters"


def sent(request: HordeRequest) -> Exchange:
    return to_exchange(
        request,
        Caller(base_url="http://horde/api", path_fields=AIHordePathData, query_fields=AIHordeQueryData),
    )


def body(request: HordeRequest) -> Any:
    return json.loads(sent(request).body or b"null")


SETTINGS = {"kudos": 10, "name": "for the club", "max_image_pixels": -1, "max_image_steps": 0, "max_text_tokens": 80}


@pytest.mark.parametrize("wrong", [{"max_image_pixels": -2}, {"max_text_tokens": -9}, {"expiry": -2}])
def test_shared_key_has_limits_or_none(wrong: dict[str, int]) -> None:
    assert SharedKeyCreateRequest.model_validate(SETTINGS).expiry == -1
    with pytest.raises(ValidationError):
        SharedKeyCreateRequest.model_validate({**SETTINGS, **wrong})


def test_shared_key_is_changed_by_what_is_said() -> None:
    change = SharedKeyModifyRequest.model_validate({"id": JOB, "kudos": 5})

    assert sent(change).url == f"http://horde/api/v2/sharedkeys/{JOB}"
    assert body(change) == {"kudos": 5}


def test_keys_and_contacts_are_not_shown() -> None:
    key = ExpiryStrSharedKeyDetailsResponse.model_validate({**SETTINGS, "id": JOB, "username": "a#1", "utilized": 0})
    user = UserDetailsResponse.model_validate({"sharedkey_ids": [JOB], "contact": "a@b.c", "proxy_passkey": KEY})
    style = CreateStyleImageRequest(
        name="s", prompt="{p}", params=ModelStyleInputParamsStable(), sharedkey=JOB, apikey=KEY
    )

    for shown in (
        repr(key),
        repr(user),
        repr(style),
        str(style.log_safe_model_dump()),
        str(user.log_safe_model_dump()),
    ):
        assert JOB not in shown
        assert KEY not in shown
        assert "a@b.c" not in shown


def test_changes_send_what_was_said_and_nothing_else() -> None:
    assert body(ModifyTeamRequest(team_id=JOB, info="new")) == {"info": "new"}
    assert body(ModifyStyleTextRequest(style_id=JOB, tags=["dark"])) == {"tags": ["dark"]}
    assert body(ModifyUserRequest(user_id="7", trusted=False)) == {"trusted": False}


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 501}, {"usage_multiplier": 0.05}, {"username": "ab"}, {"contact": "x"}]
)
def test_user_has_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ModifyUserRequest.model_validate({"user_id": "7", **wrong})


def test_filter_types_have_bounds_and_suspicion_may_come_as_text() -> None:
    for wrong in (9, 30):
        with pytest.raises(ValidationError):
            PutNewFilterRequest(filter_type=wrong, regex="x")
    assert FilterPromptSuspicionResponse.model_validate({"suspicion": "2", "matches": None}).suspicion == 2
    assert body(FilterPromptSuspicionRequest(prompt="p")) == {"prompt": "p"}


@pytest.mark.parametrize(
    ("request_", "path", "query"),
    [
        (AIHordeGetTermsRequest(format="markdown"), "documents/terms", {"format": "markdown"}),
        (FiltersListRequest(contains="x"), "filters", {"contains": "x"}),
        (ImageStatsModelsRequest(model_state=MODEL_STATE.custom), "stats/img/models", {"model_state": "custom"}),
        (CollectionByNameRequest(collection_name="a/b"), "collection_by_name/a%2Fb", {}),
        (SingleIPTimeoutsRequest(ipaddr="192.0.2.1"), "operations/ipaddr/192.0.2.1", {}),
        (
            AllWorkerMessagesRequest(worker_id=JOB),
            "workers/messages",
            {"worker_id": JOB, "validity": "active", "page": "1"},
        ),
    ],
    ids=["document", "filters", "stats", "collection", "address", "messages"],
)
def test_questions_that_the_original_could_not_ask(request_: HordeRequest, path: str, query: dict[str, str]) -> None:
    exchange = sent(request_)

    assert exchange.url == f"http://horde/api/v2/{path}"
    assert exchange.query == query
    assert exchange.body is None


def test_both_placeholders_of_a_path_are_filled() -> None:
    change = StyleImageExampleModifyRequest(style_id="one", example_id="two", url="https://x/y.webp", primary=True)

    assert sent(change).url == "http://horde/api/v2/styles/image/one/example/two"
    assert body(change) == {"url": "https://x/y.webp", "primary": True}


def test_rating_names_its_request_before_it_is_sent() -> None:
    ratings = [{"id": JOB, "rating": 7, "artifacts": 0}]

    assert sent(RateRequest.model_validate({"id": JOB, "ratings": ratings})).url.endswith(f"/generate/rate/{JOB}")
    with pytest.raises(RuntimeError, match="does not say"):
        sent(RateRequest.model_validate({"ratings": ratings}))


def test_where_a_key_is_optional_the_anonymous_one_is_not_sent() -> None:
    assert "apikey" not in sent(HordeModesRequest()).headers
    assert sent(HordeModesRequest(apikey=KEY)).headers["apikey"] == KEY


def test_statistics_take_gaps_as_nothing() -> None:
    counts = ImageStatsModelsResponse.model_validate(
        {"day": None, "month": {"m": None}, "total": {"additionalProp1": "string", "m": 3}}
    )

    assert (counts.day, counts.month, counts.total) == ({}, {"m": 0}, {"m": 3})
    assert counts.get_timeframe(StatsModelsTimeframe.total) == {"m": 3}
    assert [SinglePeriodImgStat(ps=ps).mps for ps in (None, 5, 2_999_999)] == [None, 0, 2]


def test_news_are_a_list() -> None:
    news = NewsResponse.model_validate([{"title": "first"}, {"title": "second"}])

    assert [piece.title for piece in news] == ["first", "second"]
    assert news[1].title == "second"


@pytest.mark.parametrize("word", ["image", "music"])
def test_kind_of_style_that_is_new_is_kept(word: str) -> None:
    style = ResponseModelStylesUser.model_validate({"name": "s", "id": JOB, "type": word})

    assert style.type_ == word
    assert isinstance(style.type_, StyleType) == (word == "image")


def test_document_is_in_the_format_asked_for() -> None:
    assert HordeDocument.model_validate({"markdown": "# Terms"}).html is None
