"""Reading an alchemy pop's answer: forms come out normalised, and nothing that a horde sends raises anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.alchemy import AlchemyForm
from horde_worker.kinds.alchemy.popped import LEASE_S, MAX_FORMS, MAX_OPTION_CHARACTERS, MAX_OPTIONS, read_alchemy_pop

FORM = {
    "id": "a",
    "form": "RealESRGAN_x2plus",
    "payload": {"facefixer_strength": "0.5"},
    "source_image": "https://example.org/a.webp",
    "r2_upload": "https://example.org/put",
}


def test_every_field_of_a_form_is_read() -> None:
    """Options stay as they were sent: many hordes send text (alchemy.md §2.1)."""
    job = read_alchemy_pop({"forms": [FORM], "skipped": {}})
    assert job is not None
    assert job.forms == (
        AlchemyForm(
            id="a",
            name="RealESRGAN_x2plus",
            where="https://example.org/a.webp",
            payload={"facefixer_strength": "0.5"},
            upload_url="https://example.org/put",
        ),
    )
    assert (job.ids, job.model, job.ttl_s) == (("a",), "RealESRGAN_x2plus", LEASE_S)


def test_a_form_lasts_three_minutes_unless_the_horde_says_otherwise() -> None:
    """§8.1: a horde of ours gives three minutes."""
    job = read_alchemy_pop({"forms": [FORM], "ttl": 60})
    assert job is not None and job.ttl_s == 60
    assert LEASE_S == 180


@pytest.mark.parametrize(
    "answer",
    [{}, {"skipped": {"untrusted": 1}}, {"forms": None}, {"forms": []}, {"forms": [None, {}, {"id": 3}, {"id": ""}]}],
)
def test_an_answer_without_forms_is_no_job(answer: dict[str, Any]) -> None:
    """The key may be missing altogether."""
    assert read_alchemy_pop(answer) is None


def test_a_payload_that_is_no_object_is_none() -> None:
    """Nor is one that is missing."""
    job = read_alchemy_pop({"forms": [{"id": "a"}, {"id": "b", "payload": "x"}]})
    assert job is not None
    assert [(form.payload, form.name, form.where) for form in job.forms] == [({}, "", "")] * 2


def test_forms_are_limited_in_number() -> None:
    """However many a horde sends."""
    job = read_alchemy_pop({"forms": [{**FORM, "id": str(number)} for number in range(1000)]})
    assert job is not None and len(job.forms) == MAX_FORMS


def test_the_same_form_twice_is_one() -> None:
    """It would be delivered twice."""
    job = read_alchemy_pop({"forms": [FORM] * 3})
    assert job is not None and job.ids == ("a",)


def test_every_text_of_a_form_has_a_maximum() -> None:
    """What is longer counts as missing; without an id there is nothing to give back."""
    endless = "x" * 1_000_000
    assert read_alchemy_pop({"forms": [{**FORM, "id": endless}]}) is None
    job = read_alchemy_pop({"forms": [{**FORM, "form": endless}]})
    assert job is not None and job.model == ""


@pytest.mark.parametrize(
    "payload",
    [
        {str(number): number for number in range(MAX_OPTIONS + 1)},
        {"x" * 101: 1},
        {"a": "x" * (MAX_OPTION_CHARACTERS + 1)},
        {"a": [[1]]},
        {"a": {"b": "c"}},
    ],
    ids=["many", "name", "text", "list", "object"],
)
def test_options_out_of_bounds_are_a_reason_to_refuse(payload: dict[str, Any]) -> None:
    """They never reach the backend."""
    job = read_alchemy_pop({"forms": [{**FORM, "payload": payload}]})
    assert job is not None
    assert (job.forms[0].payload, job.forms[0].refusal) == ({}, "the form's options are out of bounds")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON | st.lists(st.dictionaries(st.sampled_from(sorted(FORM)), JSON), max_size=4), JSON)
def test_any_answer_is_read(forms: Any, ttl: Any) -> None:
    """Without an error, whatever the horde sends; every form has an id."""
    job = read_alchemy_pop({"forms": forms, "ttl": ttl})
    if job is not None:
        assert job.ttl_s >= 1
        assert all(isinstance(one, str) and one for one in job.ids)
