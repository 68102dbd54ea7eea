"""Every model takes what the API's document shows, knows all of it, and sends it back unchanged."""

from __future__ import annotations

import json
import re

import pytest
from request_table import REQUESTS, operation_of, the_class
from unknown_fields import unknown_fields
from wire_samples import ANY_ID, SHAPES, answers_of, body_of

from horde_sdk.ai_horde_api.metadata import AIHordePathData, AIHordeQueryData
from horde_sdk.consts import HTTPStatusCode
from horde_sdk.generic_api.decoration import is_unhashable
from horde_sdk.generic_api.wire import Caller, to_exchange

CALLER = Caller(base_url="http://127.0.0.1:9/api", path_fields=AIHordePathData, query_fields=AIHordeQueryData)


DOCUMENTED = [row for row in REQUESTS if operation_of(row) in SHAPES["operations"]]
WITH_BODY = [row for row in DOCUMENTED if body_of(operation_of(row)) is not None]
ANSWERS = [
    (row, status)
    for row in DOCUMENTED
    for status, answer in answers_of(operation_of(row)).items()
    if answer is not None and status in the_class(row).get_success_status_response_pairs()
]


def path_values(row: dict[str, str]) -> dict[str, str]:
    return {name: "1" if name == "user_id" else ANY_ID for name in re.findall(r"{(\w+)}", row["endpoint"])}


@pytest.mark.parametrize("row", WITH_BODY, ids=[operation_of(row) for row in WITH_BODY])
def test_documented_body_is_known_and_sent_unchanged(row: dict[str, str]) -> None:
    body = body_of(operation_of(row))
    request = the_class(row).model_validate({**body, **path_values(row)})

    assert unknown_fields(request) == []
    assert is_unhashable(request) or isinstance(hash(request), int)
    sent = json.loads(to_exchange(request, CALLER).body or b"null")
    assert sent == body


@pytest.mark.parametrize(
    ("row", "status"), ANSWERS, ids=[f"{status} of {operation_of(row)}" for row, status in ANSWERS]
)
def test_documented_answer_is_known_and_kept(row: dict[str, str], status: int) -> None:
    answer = answers_of(operation_of(row))[status]
    response = the_class(row).get_success_status_response_pairs()[HTTPStatusCode(status)].model_validate(answer)

    assert unknown_fields(response) == []
    assert is_unhashable(response) or isinstance(hash(response), int)
    assert response.model_dump(mode="json", by_alias=True, exclude_unset=True) == answer


def test_all_documented_operations_have_a_request() -> None:
    assert set(SHAPES["operations"]) == {operation_of(row) for row in REQUESTS}
