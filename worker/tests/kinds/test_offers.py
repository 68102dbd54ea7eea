"""The body of a pop says what the backend can do and the operator allows, and nothing beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from horde_sdk.generic_api.apimodels import HordeRequest
from horde_sdk.generic_api.wire import Caller, to_exchange
from horde_worker import VERSION
from horde_worker.backends.image import ImageAbilities
from horde_worker.backends.text import TextAbilities
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.image.offer import check_image_offered, image_offer
from horde_worker.kinds.image.popped import read_image_pop
from horde_worker.kinds.text.offer import check_text_offered, text_offer
from horde_worker.kinds.text.popped import read_text_pop
from horde_worker.settings import OperatorWishes

ABLE = ImageAbilities(
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


def body(offer: HordeRequest) -> dict[str, Any]:
    """What goes over the wire."""
    sent: dict[str, Any] = json.loads(to_exchange(offer, Caller()).body or b"")
    return sent


def pop_body(wishes: OperatorWishes, abilities: ImageAbilities) -> dict[str, Any]:
    """Of a pop for images."""
    return body(image_offer(wishes, abilities))


def text_pop_body(wishes: OperatorWishes, abilities: TextAbilities) -> dict[str, Any]:
    """Of a pop for texts."""
    return body(text_offer(wishes, abilities))


def test_the_worker_gives_its_name_and_models() -> None:
    """Models are those offered, aliases included."""
    sent = pop_body(WISHES, ABLE)
    assert (sent["name"], sent["models"]) == ("a worker", ["alias", "paint"])


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
    job = read_image_pop({"ids": list(ids), "model": model, "payload": {"width": width, "height": height}})
    assert job is not None
    check_image_offered(job, image_offer(WISHES, ABLE))


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
    """The keys of workers.md §1.3, and none about pictures."""
    sent = text_pop_body(replace(WISHES, models=("quill",)), WRITES)
    assert sent["models"] == ["quill"]
    assert (sent["max_length"], sent["max_context_length"], sent["amount"]) == (512, 4096, 2)
    assert sent["softprompts"] == []
    assert not [name for name in sent if name.startswith("allow_")] and "max_pixels" not in sent


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
        check_text_offered(job, text_offer(WISHES, WRITES))
