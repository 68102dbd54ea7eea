"""Reading a pop's answer: jobs come out normalised, and nothing that a horde sends raises anything unexpected."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horde_worker.backends.image import ImageJob
from horde_worker.kinds.hand_out import MAX_ID_CHARACTERS, MAX_IDS, MAX_TTL_S, UnusableJob, seed_of
from horde_worker.kinds.image.popped import MAX_PROMPT_CHARACTERS, read_image_pop

PAYLOAD = {"prompt": "a red circle", "width": 512, "height": 384, "ddim_steps": 20, "seed": "7"}


def read(*, payload: dict[str, Any] | None = None, **answer: Any) -> ImageJob:
    """The job of a plain answer with these changes."""
    found = read_image_pop(
        {"id": "a", "ids": ["a"], "model": "ember-demo", "payload": {**PAYLOAD, **(payload or {})}, **answer}
    )
    assert found is not None
    return found


@pytest.mark.parametrize("answer", [{}, {"id": None, "ids": []}, {"ids": "abc"}, {"ids": [None, 3, ""]}, {"id": 7}])
def test_an_answer_without_ids_is_no_job(answer: dict[str, Any]) -> None:
    """Nothing to do is no error, however it is said."""
    assert read_image_pop({"payload": PAYLOAD, **answer}) is None


def test_an_answer_with_one_id_only_is_a_job() -> None:
    """Older hordes send `id` and no `ids`."""
    found = read_image_pop({"id": "a", "payload": PAYLOAD})
    assert found is not None
    assert found.ids == ("a",)


def test_the_prompt_ends_at_the_first_separator() -> None:
    """What follows the first `###` is the negative prompt, later ones are part of it."""
    job = read(payload={"prompt": " a fox ### blurry###lowres "})
    assert (job.prompt, job.negative_prompt) == ("a fox", "blurry###lowres")


def test_choices_in_prompts_are_made_by_the_seed() -> None:
    """Of `{a|b}` one stays, in both prompts; all pictures of a batch have the same."""
    asked = {"prompt": "a {red|blue|green} fox###{dull|blurry}"}
    found = {(job.prompt, job.negative_prompt) for seed in range(60) for job in [read(payload={**asked, "seed": seed})]}
    assert found == {(f"a {colour} fox", word) for colour in ("red", "blue", "green") for word in ("dull", "blurry")}
    assert read(payload=asked, ids=["a", "b"]).prompt == read(payload=asked).prompt


def test_plain_fields_are_taken_over() -> None:
    """Sizes, steps, sampler, flags and model reach the backend as they were asked for."""
    wishes = {
        "sampler_name": "k_heun",
        "karras": True,
        "hires_fix": True,
        "tiling": True,
        "clip_skip": 2,
        "cfg_scale": 5,
    }
    job = read(payload={**wishes, "use_nsfw_censor": True}, ttl=200)
    assert (job.width, job.height, job.steps, job.cfg_scale, job.clip_skip) == (512, 384, 20, 5.0, 2)
    assert (job.sampler, job.model, job.ttl_s) == ("k_heun", "ember-demo", 200.0)
    assert job.karras
    assert job.hires_fix
    assert job.tiling
    assert job.censors_nsfw


@pytest.mark.parametrize(
    ("field", "default"), [("width", 512), ("height", 512), ("ddim_steps", 30), ("cfg_scale", 7.5), ("clip_skip", 1)]
)
@pytest.mark.parametrize("value", [None, [], {}, True, "nan", float("inf"), "many", pytest.param(10**400, id="huge")])
def test_what_is_no_number_counts_as_the_default(field: str, default: float, value: object) -> None:
    """A strange value of one field does not cost the job."""
    assert getattr(read(payload={field: value}), {"ddim_steps": "steps"}.get(field, field)) == default


@pytest.mark.parametrize("value", [None, [], {}, 3])
def test_what_is_no_text_counts_as_absent(value: object) -> None:
    """A prompt, sampler or model of another type is as good as none."""
    job = read(payload={"prompt": value, "sampler_name": value}, model=value)
    assert (job.prompt, job.sampler, job.model) == ("", "k_euler_a", "")


@pytest.mark.parametrize("value", [None, "true", 1, []])
def test_only_true_is_true(value: object) -> None:
    """A flag that is no boolean is off."""
    assert not read(payload={"karras": value}).karras


def test_numbers_may_come_as_text() -> None:
    """Some hordes quote every number."""
    job = read(payload={"width": "640", "cfg_scale": "6.5"}, ttl="300")
    assert (job.width, job.cfg_scale, job.ttl_s) == (640, 6.5, 300.0)


@pytest.mark.parametrize(("sent", "taken"), [(-3, 0.0), (1e9, 100.0)])
def test_guidance_is_clamped(sent: float, taken: float) -> None:
    """A scale outside 0 to 100 counts as the nearest bound."""
    assert read(payload={"cfg_scale": sent}).cfg_scale == taken


@pytest.mark.parametrize(("sent", "taken"), [(0, 1), (99, 12)])
def test_clip_skip_is_clamped(sent: int, taken: int) -> None:
    """A clip skip outside 1 to 12 counts as the nearest bound."""
    assert read(payload={"clip_skip": sent}).clip_skip == taken


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (7, 7),
        ("7", 7),
        (" 7 ", 7),
        (2**32 + 5, 5),
        (str(2**40 + 5), 5),
        (-1, 2**32 - 1),
        ("-1", 2**32 - 1),
        pytest.param(2**20000, 0, id="huge"),
    ],
)
def test_a_number_is_a_seed_below_2_to_the_32(sent: object, taken: int) -> None:
    """Seeds come as numbers or as text, and wrap around."""
    assert read(payload={"seed": sent}).seeds == (taken,)


@pytest.mark.parametrize("sent", ["--5", "banana", "", "9" * 50, "٣", 1.5, [], {}, "\ud800", True])
def test_anything_is_a_seed_and_always_the_same(sent: object) -> None:
    """Text that is no number counts by its bytes."""
    first, second = read(payload={"seed": sent}), read(payload={"seed": sent})
    assert first.seeds == second.seeds
    assert 0 <= first.seeds[0] < 2**32


def test_jobs_without_a_seed_get_different_ones() -> None:
    """A missing seed is drawn from the id of the job, so that not all pictures are the same."""
    assert read(payload={"seed": None}, ids=["a"]).seeds != read(payload={"seed": None}, ids=["b"]).seeds


def test_pictures_of_a_batch_have_seeds_in_a_row() -> None:
    """The n-th picture has the n-th seed, also across the end of the seeds."""
    assert read(ids=["a", "b", "c"], payload={"seed": 2**32 - 2}).seeds == (2**32 - 2, 2**32 - 1, 0)


@pytest.mark.parametrize("field", ["width", "height", "ddim_steps"])
@pytest.mark.parametrize("value", [0, -64, 8193, 1e14, "1e14"])
def test_a_size_out_of_bounds_is_unusable(field: str, value: object) -> None:
    """What would fill the memory, or is no picture, is given back with a reason that says what was asked."""
    with pytest.raises(UnusableJob, match="out of bounds") as refused:
        read(payload={field: value}, ids=["a", "b"])
    assert refused.value.ids == ("a", "b")


@pytest.mark.parametrize("payload", [None, [], "text", 3])
def test_a_job_without_a_payload_is_unusable(payload: object) -> None:
    """There is an id to give back, and nothing to make."""
    with pytest.raises(UnusableJob, match="no payload") as refused:
        read_image_pop({"ids": ["a"], "payload": payload})
    assert refused.value.ids == ("a",)


def test_every_picture_has_its_own_upload_address() -> None:
    """The n-th picture goes to the n-th address."""
    assert read(ids=["a", "b"], r2_uploads=["http://one", "http://two"]).upload_urls == ("http://one", "http://two")


def test_one_address_may_come_by_the_old_name() -> None:
    """`r2_upload` is enough for one picture."""
    assert read(r2_upload="http://one", r2_uploads=None).upload_urls == ("http://one",)


def test_no_address_means_that_results_go_inline() -> None:
    """A horde without a store gives no addresses."""
    assert read(r2_upload=None, r2_uploads=None).upload_urls == ()


@pytest.mark.parametrize("uploads", [["http://one"], ["http://one", None], ["1", "2", "3"]])
def test_too_few_or_too_many_addresses_are_unusable(uploads: list[object]) -> None:
    """A picture without its address could end up in another's place."""
    with pytest.raises(UnusableJob, match="upload addresses for 2 pictures"):
        read(ids=["a", "b"], r2_uploads=uploads)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["--5", "1e999", 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
FIELDS = ("prompt", "width", "height", "ddim_steps", "seed", "cfg_scale", "sampler_name", "karras", "clip_skip")


@settings(max_examples=100, deadline=None)
@given(
    answer=st.fixed_dictionaries(
        {"ids": JSON | st.just(["a"])},
        optional=dict.fromkeys(("id", "model", "r2_upload", "r2_uploads", "ttl"), JSON),
    ),
    payload=JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)),
)
def test_whatever_a_horde_sends_is_a_job_or_unusable(answer: dict[str, Any], payload: Any) -> None:
    """No JSON raises anything but `UnusableJob`, and every job has a seed for each of its pictures."""
    with contextlib.suppress(UnusableJob):
        job = read_image_pop({**answer, "payload": payload})
        assert job is None or len(job.seeds) == len(job.ids) > 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"ids": [f"j{place}" for place in range(100_000)]}, "more than 100 ids"),
        ({"ids": ["a", "b", "a"]}, "an id that comes twice"),
        ({"ids": ["x" * (MAX_ID_CHARACTERS + 1)]}, "more than 100 characters"),
        ({"ids": [], "id": "x" * 1_000_000}, "more than 100 characters"),
        ({"payload": {**PAYLOAD, "prompt": "x" * (MAX_PROMPT_CHARACTERS + 1)}}, "prompt of 100001 characters"),
    ],
    ids=["ids", "doubled", "long id", "long only id", "prompt"],
)
def test_endless_lists_and_texts_are_unusable(answer: dict[str, Any], reason: str) -> None:
    """With no more ids to give back than anybody would ask for, each once."""
    with pytest.raises(UnusableJob, match=reason) as unusable:
        read_image_pop({"ids": ["a"], "model": "m", "payload": PAYLOAD, **answer})
    assert len(unusable.value.ids) == len(set(unusable.value.ids)) <= MAX_IDS + 1
    assert all(len(one) <= MAX_ID_CHARACTERS for one in unusable.value.ids)


def test_endless_words_and_numbers_count_as_missing() -> None:
    """What stands for one of a few is short, and no number has a million digits."""
    job = read(
        payload={"sampler_name": "x" * 1_000_000, "cfg_scale": "1" * 1_000_000, "seed": ["7"] * 1_000_000},
        model="x" * 1_000_000,
        ttl=1e14,
    )
    assert (job.sampler, job.cfg_scale, job.model, job.ttl_s) == ("k_euler_a", 7.5, "", MAX_TTL_S)
    assert job.seeds == (seed_of("a"),)


def test_the_seed_of_an_endless_text_is_that_of_its_beginning() -> None:
    """Four bytes are all that a seed has room for."""
    assert read(payload={"seed": "fox" + "x" * 1_000_000}).seeds == read(payload={"seed": "foxx"}).seeds
