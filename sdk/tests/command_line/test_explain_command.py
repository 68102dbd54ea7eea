"""`horde explain` against a horde on loopback, and what the SDK makes of the answer."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from fake_horde import FakeHorde, Reply
from typer.testing import CliRunner, Result

from horde_sdk.ai_horde_api.async_simple_clients import AIHordeAPIAsyncSimpleClient
from horde_sdk.ai_horde_api.exceptions import AIHordeNotFoundError
from horde_sdk.ai_horde_api.simple_clients import AIHordeAPISimpleClient
from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app
from horde_sdk.explanations import (
    EtaAccuracies,
    EtaAccuracyRequest,
    ExplainRequest,
    RequestExplanation,
)

app = build_app(plugins=[])
register(app)
ID = "00000000-0000-0000-0000-000000000001"
ASK = f"GET /v2/explain/{ID}"
ACCURACY = {"requests": 1204, "within_p50": 0.52, "within_p90": 0.91, "typical_factor": 1.4}
IMPOSSIBLE: dict[str, Any] = {
    "done": False,
    "faulted": False,
    "is_possible": False,
    "queue_position": 1,
    "online": 3,
    "able": 0,
    "refused": [
        {"reason": "lora", "workers": 2, "description": "take no LoRAs"},
        {"reason": "models", "workers": 1, "description": "serve none of the models"},
    ],
    "suggestions": [
        {
            "description": "At 768x768, without ControlNet: 1 worker could serve it.",
            "workers": 1,
            "points": 150,
            "changes": [
                {"field": "params.width", "value": 768},
                {"field": "params.control_type"},
                {"field": "nsfw", "value": False},
            ],
        }
    ],
    "is_complete": True,
}
SERVED = {
    "done": False, "faulted": False, "is_possible": True, "queue_position": 3, "eta": {"p50": 40.2, "p90": 250.0},
    "online": 3, "able": 2, "refused": [{"reason": "nsfw", "workers": 1, "description": "take no NSFW requests"}],
    "suggestions": [], "is_complete": True,
}  # fmt: skip


def an_explanation(*parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"id": ID, "type": "image", "parts": list(parts), "eta_accuracy": ACCURACY, **changes}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", ID, *arguments], env={"COLUMNS": "140"})


def test_why_nobody_serves_it_and_what_would_help(horde: FakeHorde) -> None:
    horde.will_answer(ASK, Reply(200, an_explanation(IMPOSSIBLE)))
    assert run().stdout.splitlines() == [
        "The image request: waits, and no worker online can serve it.",
        "  None of the 3 workers online may serve it; of the others:",
        "    2 take no LoRAs",
        "    1 serve none of the models",
        "  What would help:",
        "    At 768x768, without ControlNet: 1 worker could serve it.",
        "Of the last 1204 such estimates 52% were kept by the first time told and 91% by the second.",
    ]


def test_when_it_will_be_done(horde: FakeHorde) -> None:
    nothing = {"requests": 0, "within_p50": None, "within_p90": None, "typical_factor": None}
    horde.will_answer(ASK, Reply(200, an_explanation(SERVED, eta_accuracy=nothing)))
    assert run().stdout.splitlines() == [
        "The image request: is number 3 in line; done in 40 s or so, within 4 min nine times of ten.",
        "  2 of the 3 workers online may serve it; of the others:",
        "    1 take no NSFW requests",
    ]


def test_forms_are_told_one_by_one_and_names_of_strangers_are_harmless(horde: FakeHorde) -> None:
    hostile = {**IMPOSSIBLE, "suggestions": [{**IMPOSSIBLE["suggestions"][0], "description": "With \x1b[2J"}]}
    quiet = {"done": True, "faulted": False, "is_possible": True, "queue_position": 0}
    raid = {**quiet, "done": False, "queue_position": 2}
    parts = ({"form": "caption", **hostile}, {"form": "nsfw", **quiet}, {"form": "palette", **raid})
    horde.will_answer(ASK, Reply(200, an_explanation(*parts, type="interrogation")))
    said = run().stdout
    assert "\x1b" not in said
    lines = said.splitlines()
    assert [line for line in lines if not line.startswith(" ")][:3] == [
        "caption: waits, and no worker online can serve it.",
        "nsfw: done.",
        "palette: is number 2 in line.",
    ]


def test_programs_get_the_answer(horde: FakeHorde) -> None:
    horde.will_answer(ASK, Reply(200, an_explanation(IMPOSSIBLE)))
    assert json.loads(run("--json").stdout) == an_explanation(IMPOSSIBLE)


def test_a_horde_that_explains_nothing_is_told_from_one_that_does_not_know_the_request(horde: FakeHorde) -> None:
    horde.will_answer(ASK, Reply(404, {"message": "There is nothing at this address.", "rc": "NotFound"}))
    said = run()
    assert (said.exit_code, "it has no /v2/explain" in said.stderr) == (1, True)
    horde.will_answer(ASK, Reply(404, {"message": "There is no such request.", "rc": "RequestNotFound"}))
    said = run()
    assert (said.exit_code, "There is no such request." in said.stderr) == (1, True)


async def test_both_clients_ask(horde: FakeHorde) -> None:
    horde.will_answer(ASK, Reply(200, an_explanation(IMPOSSIBLE)))
    told = AIHordeAPISimpleClient().ask(ExplainRequest(id=ID), RequestExplanation)
    assert told.parts[0].refused[0].workers == 2
    horde.will_answer(ASK, Reply(404, {"message": "no", "rc": "RequestNotFound"}))
    horde.will_answer("GET /v2/status/eta", Reply(200, dict.fromkeys(("image", "text", "interrogation"), ACCURACY)))
    async with aiohttp.ClientSession() as session:
        client = AIHordeAPIAsyncSimpleClient(session)
        with pytest.raises(AIHordeNotFoundError):
            await client.ask(ExplainRequest(id=ID), RequestExplanation)
        assert (await client.ask(EtaAccuracyRequest(), EtaAccuracies)).text.within_p90 == 0.91


def test_a_suggestion_is_applied_to_a_body() -> None:
    explanation = RequestExplanation.model_validate(an_explanation(IMPOSSIBLE))
    body = {"prompt": "a harbour", "nsfw": True, "params": {"width": 1024, "control_type": "canny"}}
    (suggestion,) = explanation.parts[0].suggestions
    assert suggestion.applied_to(body) == {"prompt": "a harbour", "nsfw": False, "params": {"width": 768}}
    assert body["params"] == {"width": 1024, "control_type": "canny"}
    assert suggestion.applied_to({"prompt": "x"})["params"] == {"width": 768}
