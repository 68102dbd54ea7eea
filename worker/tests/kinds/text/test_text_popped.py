"""Reading a text pop's answer: jobs come out normalised, and nothing that a horde sends raises anything unexpected."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_worker.backends.text import TextJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.text.popped import read_text_pop
from horde_worker.sampler_settings import DEFAULT_ORDER, NEUTRAL, TextSampling
from horde_worker.text_format import TextFormat

EXAMPLE = {
    "n": 1, "max_context_length": 4096, "max_length": 200, "prompt": "Once", "rep_pen": 1.1, "rep_pen_range": 600,
    "rep_pen_slope": 0.5, "temperature": 0.75, "tfs": 0.9, "top_a": 0.1, "top_k": 40, "top_p": 0.92, "typical": 0.8,
    "min_p": 0.05, "sampler_order": [6, 0, 1, 3, 4, 2, 5], "use_default_badwordsids": True,
    "stop_sequence": ["\nYou:"], "frmtadsnsp": True, "frmtrmblln": True, "frmtrmspch": True, "frmttriminc": True,
    "singleline": True, "smoothing_factor": 0.3, "dynatemp_range": 0.5, "dynatemp_exponent": 2,
}  # fmt: skip
"""The payload of workers.md §7.6, with no value neutral."""


def read(payload: Any = None, **answer: Any) -> TextJob:
    """The job of an answer with this payload."""
    found = read_text_pop({"id": "a", "ids": ["a"], "model": "quill", "payload": payload or {}, **answer})
    assert found is not None
    return found


def test_every_field_of_a_text_payload_reaches_the_backend() -> None:
    """All samplers, all lengths, all wishes for the format."""
    job = read(EXAMPLE, ttl=150)
    assert (job.prompt, job.model, job.max_length, job.max_context_length) == ("Once", "quill", 200, 4096)
    assert (job.stop_sequences, job.may_end, job.ttl_s) == (("\nYou:",), False, 150.0)
    assert job.sampling == TextSampling(
        temperature=0.75, top_k=40, top_a=0.1, top_p=0.92, min_p=0.05, tfs=0.9, typical=0.8, rep_pen=1.1,
        rep_pen_range=600, rep_pen_slope=0.5, smoothing_factor=0.3, dynatemp_range=0.5, dynatemp_exponent=2,
    )  # fmt: skip
    assert job.format == TextFormat(*[True] * 5)


def test_what_is_absent_is_neutral() -> None:
    """And 80 tokens of text in a context of 2048."""
    job = read({"prompt": "Once"})
    assert (job.sampling, job.format, job.may_end) == (NEUTRAL, TextFormat(), True)
    assert (job.max_length, job.max_context_length, job.stop_sequences) == (80, 2048, ())


@pytest.mark.parametrize("answer", [{}, {"id": None, "ids": []}, {"ids": [None, 3, ""]}])
def test_an_answer_without_ids_is_no_text_job(answer: dict[str, Any]) -> None:
    """Nothing to do is no error."""
    assert read_text_pop({"payload": EXAMPLE, **answer}) is None


def test_a_text_job_without_payload_is_unusable() -> None:
    """Its ids are given back."""
    with pytest.raises(UnusableJob) as refused:
        read_text_pop({"ids": ["a", "b"], "payload": None})
    assert refused.value.ids == ("a", "b")


def test_a_prompt_without_bounds_is_unusable() -> None:
    """Five million characters are more than any context holds."""
    with pytest.raises(UnusableJob, match="out of bounds"):
        read({"prompt": "a" * 5_000_001})


@pytest.mark.parametrize(
    ("wished", "name", "taken"),
    [
        ({"temperature": 99}, "temperature", 5.0),
        ({"top_p": 0}, "top_p", 0.001),
        ({"rep_pen": 0.2}, "rep_pen", 1.0),
        ({"rep_pen_range": 0}, "rep_pen_range", 0),
        ({"rep_pen_range": 1e9}, "rep_pen_range", 4096),
        ({"top_k": "40"}, "top_k", 40),
        ({"tfs": None}, "tfs", 1.0),
        ({"tfs": "nan"}, "tfs", 1.0),
        ({"sampler_order": []}, "sampler_order", DEFAULT_ORDER),
        ({"sampler_order": [0, "5", None]}, "sampler_order", (0, 5, -1)),
    ],
)
def test_values_beyond_the_limits_are_brought_into_them(wished: dict[str, Any], name: str, taken: object) -> None:
    """Never refused: another horde may have other limits."""
    assert getattr(read(wished).sampling, name) == taken


def test_stop_sequences_are_limited_in_number_and_length() -> None:
    """128, of 2000 characters at most; what is no text is left out."""
    assert len(read({"stop_sequence": [f"stop {place}" for place in range(500)]}).stop_sequences) == 128
    assert read({"stop_sequence": ["x" * 2001, "", None, 4, "y"]}).stop_sequences == ("y",)
    assert read({"stop_sequence": "stop"}).stop_sequences == ()


def test_each_text_of_a_batch_has_a_seed_of_its_own() -> None:
    """A text request has none; the same job gets the same again."""
    job = read({}, ids=["a", "b", "c"])
    assert len(set(job.seeds)) == 3
    assert job.seeds == read({}, ids=["a", "b", "c"]).seeds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(EXAMPLE)), JSON), JSON, JSON)
def test_any_answer_is_read_or_refused_in_order(payload: dict[str, Any], model: Any, ttl: Any) -> None:
    """No other error, whatever the horde sends; and the bounds hold."""
    with contextlib.suppress(UnusableJob):
        job = read(payload, model=model, ttl=ttl)
        assert 1 <= job.max_length <= 4096 and job.max_length <= job.max_context_length
        assert job.ttl_s >= 1
