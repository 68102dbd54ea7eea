"""The body of a pop says what the backend can do and the operator allows, and nothing beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from horde_worker import VERSION
from horde_worker.backends.interface import BackendAbilities, TextAbilities
from horde_worker.offer import OperatorWishes, check_offered, check_text_offered, pop_body, text_pop_body
from horde_worker.popped import UnusableJob, read_pop
from horde_worker.popped_text import read_text_pop

ABLE = BackendAbilities(
    models=("paint",),
    max_pixels=512 * 512,
    capabilities=frozenset({"r2", "karras"}),
    samplers=frozenset({"k_euler"}),
    max_batch=4,
)
WRITES = TextAbilities(models=("quill",), max_length=512, max_context_length=4096, max_batch=2)
WISHES = OperatorWishes(name="a worker", models=("alias", "paint"))
FLAGS = {
    "allow_img2img": "img2img",
    "allow_painting": "inpainting",
    "allow_post_processing": "post-processing",
    "allow_controlnet": "controlnet",
    "allow_lora": "lora",
}


def test_the_worker_gives_its_name_and_models() -> None:
    """Models are those offered, aliases included."""
    body = pop_body(WISHES, ABLE)
    assert (body["name"], body["models"]) == ("a worker", ["alias", "paint"])


def test_the_software_is_named_truthfully_unless_told_otherwise() -> None:
    """`bridge_agent` is name, version and address, or what the operator wants."""
    assert pop_body(WISHES, ABLE)["bridge_agent"].split(":", 2)[:2] == ["OpenHorde Worker", VERSION]
    assert pop_body(replace(WISHES, bridge_agent="mine:1:here"), ABLE)["bridge_agent"] == "mine:1:here"


@pytest.mark.parametrize(("wished", "offered"), [(None, 512 * 512), (4096, 4096), (10**9, 512 * 512)])
def test_the_largest_picture_is_the_smaller_of_wish_and_ability(wished: int | None, offered: int) -> None:
    """An operator may offer less than the backend can do, never more."""
    assert pop_body(replace(WISHES, max_pixels=wished), ABLE)["max_pixels"] == offered


@pytest.mark.parametrize(("wished", "offered"), [(None, 4), (1, 1), (20, 4)])
def test_the_largest_batch_is_the_smaller_of_wish_and_ability(wished: int | None, offered: int) -> None:
    """The same holds for pictures at a time."""
    assert pop_body(replace(WISHES, batch=wished), ABLE)["amount"] == offered


def test_a_worker_on_trial_says_so() -> None:
    """Other hordes do not know the key: it is sent only where it is wanted."""
    assert pop_body(replace(WISHES, named_only=True), ABLE)["named_only"] is True
    assert "named_only" not in pop_body(WISHES, ABLE)


@pytest.mark.parametrize("nsfw", [True, False])
def test_the_operator_decides_about_nsfw(nsfw: bool) -> None:
    """Requests marked as not safe for work come only where they are wanted."""
    assert pop_body(replace(WISHES, nsfw=nsfw), ABLE)["nsfw"] is nsfw


@pytest.mark.parametrize(("flag", "capability"), FLAGS.items())
def test_a_flag_is_set_by_its_capability_alone(flag: str, capability: str) -> None:
    """A backend without an ability is never sent a request that needs it."""
    able = replace(ABLE, capabilities=ABLE.capabilities | {capability})
    assert [pop_body(WISHES, abilities)[flag] for abilities in (ABLE, able)] == [False, True]


def test_capabilities_and_samplers_are_declared_in_order() -> None:
    """Our own horde goes by this list instead of by the name of the software."""
    assert pop_body(WISHES, ABLE)["capabilities"] == ["k_euler", "karras", "r2"]


def popped(*ids: str, model: str = "paint", width: int = 512, height: int = 512) -> None:
    """Read a job and check it against the offer."""
    job = read_pop({"ids": list(ids), "model": model, "payload": {"width": width, "height": height}})
    assert job is not None
    check_offered(job, pop_body(WISHES, ABLE))


@pytest.mark.parametrize("model", ["paint", "alias"])
def test_a_job_within_the_offer_is_taken(model: str) -> None:
    """The bounds themselves are inside."""
    popped("a", "b", "c", "d", model=model)


def test_a_model_that_is_not_offered_is_given_back() -> None:
    """A horde applies a changed list late."""
    with pytest.raises(UnusableJob, match="'other' is not offered"):
        popped("a", model="other")


def test_a_larger_picture_than_offered_is_given_back() -> None:
    """It might not fit into the memory."""
    with pytest.raises(UnusableJob, match="512×576 is more than 262144 pixels"):
        popped("a", height=576)


def test_more_pictures_than_offered_are_given_back() -> None:
    """All of them: none would be waited for in vain."""
    with pytest.raises(UnusableJob, match="5 results are more than 4") as refused:
        popped(*"abcde")
    assert refused.value.ids == tuple("abcde")


# ------------------------------------------------------------------------ texts


def test_a_text_worker_offers_lengths_and_no_soft_prompts() -> None:
    """The keys of generation.md §4.5.1, and none about pictures."""
    body = text_pop_body(replace(WISHES, models=("quill",)), WRITES)
    assert body["models"] == ["quill"]
    assert (body["max_length"], body["max_context_length"], body["amount"]) == (512, 4096, 2)
    assert body["softprompts"] == []
    assert not [name for name in body if name.startswith("allow_")] and "max_pixels" not in body


@pytest.mark.parametrize(("wished", "offered"), [(None, 512), (80, 80), (9999, 512)])
def test_the_longest_text_is_the_smaller_of_wish_and_ability(wished: int | None, offered: int) -> None:
    """As with pictures."""
    assert text_pop_body(replace(WISHES, max_length=wished), WRITES)["max_length"] == offered


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"max_length": 600}, "max_length 600 is more than 512"),
        ({"max_context_length": 8000}, "max_context_length 8000 is more than 4096"),
    ],
)
def test_a_longer_text_than_offered_is_given_back(payload: dict[str, int], reason: str) -> None:
    """A horde may go by an older pop."""
    job = read_text_pop({"ids": ["a"], "model": "paint", "payload": payload})
    assert job is not None
    with pytest.raises(UnusableJob, match=reason):
        check_text_offered(job, text_pop_body(WISHES, WRITES))
