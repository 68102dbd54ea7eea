"""The simple clients' single questions: what goes over the wire."""

from __future__ import annotations

import pytest
from fake_horde import JOB, FakeHorde, Reply
from pydantic import ValidationError

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import ModifyHordeModesRequest, ModifyWorkerRequest
from horde_sdk.ai_horde_api.apimodels.status import HordeModesResponse


@pytest.fixture
def client(horde: FakeHorde) -> AIHordeAPISimpleClient:
    return AIHordeAPISimpleClient(apikey="k" * 22)


def test_worker_is_changed_by_what_was_set(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    changed = client.worker_modify(ModifyWorkerRequest(worker_id=JOB, maintenance=True, team=""))

    assert changed.maintenance is True
    assert horde.lines == [f"PUT /v2/workers/{JOB}"]
    assert horde.asked[0].body == {"maintenance": True, "team": ""}
    assert horde.asked[0].headers["apikey"] == "k" * 22


@pytest.mark.parametrize("changes", [{"name": "abcd"}, {"name": "x" * 101}, {"info": "x" * 1001}, {"team": "x" * 37}])
def test_change_that_no_horde_takes_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ModifyWorkerRequest.model_validate({"worker_id": JOB, **changes})


def test_worker_is_deleted_with_the_clients_key_or_the_calls(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    assert client.worker_delete(JOB).deleted_id == JOB
    client.worker_delete(JOB, api_key="o" * 22)

    assert horde.lines == [f"DELETE /v2/workers/{JOB}"] * 2
    assert [one.headers["apikey"] for one in horde.asked] == ["k" * 22, "o" * 22]


def test_a_key_is_sent_without_the_blanks_it_was_pasted_with(horde: FakeHorde) -> None:
    """Keys come from terminals and files, with blanks and line ends."""
    client = AIHordeAPISimpleClient(apikey=" " + "k" * 22 + " \t\n")
    client.worker_delete(JOB)
    client.worker_delete(JOB, api_key="o" * 22 + "\r\n")
    assert [one.headers["apikey"] for one in horde.asked] == ["k" * 22, "o" * 22]


def test_modes_are_told_and_set(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    assert client.modes().invite_only_mode is True
    with client._session() as session:
        session.submit_request(ModifyHordeModesRequest(raid_mode=False), HordeModesResponse)

    assert horde.lines == ["GET /v2/status/modes", "PUT /v2/status/modes"]
    assert horde.asked[1].body == {"raid_mode": False}


def test_kudos_are_transferred_as_whole_numbers(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    assert client.transfer_kudos("ann#7", 25).transferred == 25

    assert horde.lines == ["POST /v2/kudos/transfer"]
    assert repr(horde.asked[0].body) == "{'username': 'ann#7', 'amount': 25}"


def test_text_models_are_asked_for_by_their_kind(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    assert client.text_status_models_all()[0].name == "tiny-tales"
    assert client.image_status_models_all()[0].name == "Deliberate"


def test_statistics_and_news_are_told(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    counts = {"day": {"m": 1}, "month": {}, "total": None}
    horde.will_answer("GET /v2/stats/img/models", Reply(200, counts))
    horde.will_answer("GET /v2/stats/text/models", Reply(200, counts))
    horde.will_answer("GET /v2/stats/img/totals", Reply(200, {"day": {"images": 3, "ps": 5_000_000}}))
    times = ("minute", "hour", "day", "month", "total")
    horde.will_answer("GET /v2/stats/text/totals", Reply(200, {time: {"tokens": 9} for time in times}))
    horde.will_answer("GET /v2/status/news", Reply(200, [{"title": "Open"}]))

    assert client.image_stats_models().day == {"m": 1}
    assert client.text_stats_models().total == {}
    day = client.image_stats_totals().day
    assert day is not None
    assert day.mps == 5
    assert client.text_stats_totals().hour == {"tokens": 9}
    assert client.get_news()[0].title == "Open"
    assert horde.asked[0].query == "model_state=known"
