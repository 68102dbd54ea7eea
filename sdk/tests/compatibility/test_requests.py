"""Each request knows its endpoint, verb, answers, key, body and query (`requests.csv` is the table).

Where the original cannot work, the table says what does.
"""

from __future__ import annotations

import inspect
import re

import pytest
from request_table import REQUESTS, the_class

from horde_sdk.ai_horde_api import apimodels
from horde_sdk.consts import HTTPStatusCode
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeRequest,
    HordeResponseBaseModel,
    HordeResponseRootModel,
    ResponseRequiringFollowUpMixin,
)

every_request = pytest.mark.parametrize("row", REQUESTS, ids=[row["request"] for row in REQUESTS])


@every_request
def test_request_goes_where_the_table_says(row: dict[str, str]) -> None:
    request = the_class(row)

    assert (request.get_http_method(), request.get_api_endpoint_subpath()) == (row["verb"], row["endpoint"])


@every_request
def test_request_expects_the_answers_of_the_table(row: dict[str, str]) -> None:
    expected = dict(answer.split(":") for answer in row["answers"].split())

    answers = the_class(row).get_success_status_response_pairs()
    assert {str(int(status)): answer.__name__ for status, answer in answers.items()} == expected
    assert all(issubclass(answer, HordeResponseBaseModel | HordeResponseRootModel) for answer in answers.values())
    assert the_class(row).get_default_success_response_type() in answers.values()


@every_request
def test_answer_obliges_to_a_follow_up_as_the_table_says(row: dict[str, str]) -> None:
    answers = the_class(row).get_success_status_response_pairs().values()

    obliges = any(issubclass(answer, ResponseRequiringFollowUpMixin) for answer in answers)
    assert obliges == (row["follow_up"] == "yes")


@every_request
def test_request_carries_a_key_as_the_table_says(row: dict[str, str]) -> None:
    request = the_class(row)

    asked = "none"
    if issubclass(request, APIKeyAllowedInRequestMixin):
        asked = "required" if request.is_api_key_required() else "optional"
    assert asked == row["key"]


@every_request
def test_request_names_its_body_and_query(row: dict[str, str]) -> None:
    request = the_class(row)

    assert (request.get_api_model_name() or "") == row["body"]
    assert [name.rstrip("_") for name in request.get_query_fields()] == [
        name.rstrip("_") for name in row["query"].split()
    ]


@every_request
def test_docstrings_name_endpoint_verb_and_status(row: dict[str, str]) -> None:
    request = the_class(row)
    place = f"{row['verb']} {row['endpoint']}"

    assert place in _doc(request)
    for status, answer in request.get_success_status_response_pairs().items():
        assert f"{int(status)} of {place}" in _doc(answer)


def test_no_request_is_left_out_of_the_table() -> None:
    exported = {
        name
        for name, found in inspect.getmembers(apimodels, inspect.isclass)
        if issubclass(found, HordeRequest) and not inspect.isabstract(found)
    }

    assert exported == {row["request"] for row in REQUESTS}


def test_exactly_six_answers_oblige_to_a_follow_up() -> None:
    inspect.getmembers(apimodels)  # loads all
    obliging = {answer.__name__ for answer in ResponseRequiringFollowUpMixin.__subclasses__()}

    assert obliging - {"EmbeddingAsyncResponse"} == {  # OpenHorde's own, if a test before has loaded it
        "AlchemyAsyncResponse",
        "AlchemyJobPopResponse",
        "ImageGenerateAsyncResponse",
        "ImageGenerateJobPopResponse",
        "TextGenerateAsyncResponse",
        "TextGenerateJobPopResponse",
    }


def test_a_new_filter_is_answered_created() -> None:
    assert list(apimodels.PutNewFilterRequest.get_success_status_response_pairs()) == [HTTPStatusCode.CREATED]


def _doc(model: type) -> str:
    return re.sub(r"\s+", " ", inspect.getdoc(model) or "")
