"""The body of a pop says what the backend can do and the operator allows, and nothing beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from horde_sdk.generic_api.apimodels import HordeRequest
from horde_sdk.generic_api.wire import Caller, to_exchange
from horde_worker import VERSION
from horde_worker.backends.image import ImageAbilities, ImageMaker
from horde_worker.backends.text import TextAbilities, TextMaker
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.kinds.image.offer import check_image_offered, image_offer
from horde_worker.kinds.image.popped import read_image_pop
from horde_worker.kinds.text.kind import TextKind
from horde_worker.kinds.text.offer import check_text_offered, text_offer
from horde_worker.kinds.text.popped import read_text_pop
from horde_worker.lora_cache.cache import LoraCache
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


@pytest.mark.parametrize("is_reached", [True, False])
def test_loras_are_not_offered_where_none_can_be_fetched(is_reached: bool) -> None:
    """CivitAI is not reached from everywhere."""

    class Easel:
        abilities = replace(ABLE, capabilities=ABLE.capabilities | {"lora", "lora_versions", "textual_inversion"})

    class Files:
        def __init__(self) -> None:
            self.is_reached = is_reached

    kind = ImageKind(
        cast(HordeApi, FakePlaces()), "easel", cast(ImageMaker, Easel()), WISHES, loras=cast(LoraCache, Files())
    )
    offer = kind.offer()
    assert (offer.allow_lora, "lora" in offer.capabilities, "karras" in offer.capabilities) == (
        is_reached,
        is_reached,
        True,
    )


class FakePlaces:
    """A horde that nothing is asked of."""

    places = None


def test_threads_are_as_many_as_the_maker_has_slots() -> None:
    """For statistics and estimates of the horde."""
    assert body(image_offer(WISHES, ABLE, 3))["threads"] == 3
    assert body(text_offer(WISHES, WRITES, 4))["threads"] == 4


def test_models_that_the_backend_has_by_now_are_offered() -> None:
    """With the aliases, each once."""
    assert pop_body(WISHES, replace(ABLE, models=("paint", "ink")))["models"] == ["alias", "paint", "ink"]


@pytest.mark.parametrize(
    ("changes", "heavier"),
    [
        ({"ddim_steps": 60}, True),
        ({"width": 1024}, True),
        ({"hires_fix": True}, True),
        ({"prompt": "x" * 1000}, False),
    ],
)
def test_the_effort_of_a_picture_grows_with_its_work(changes: dict[str, Any], heavier: bool) -> None:
    """Steps and pixels, and a second pass; not words."""
    kind = ImageKind(cast(HordeApi, FakePlaces()), "easel", cast(ImageMaker, None), WISHES)
    plain = {"width": 512, "height": 512, "ddim_steps": 30}
    jobs = [read_image_pop({"ids": ["a"], "model": "paint", "payload": one}) for one in (plain, plain | changes)]
    before, after = (kind.effort(job) for job in jobs if job is not None)
    assert (after > before) is heavier


def test_large_pictures_and_batches_want_all() -> None:
    """They take the memory that another job would need."""
    kind = ImageKind(cast(HordeApi, FakePlaces()), "easel", cast(ImageMaker, None), WISHES)
    found = {}
    for name, ids, width in (("small", ["a"], 512), ("batch", ["a", "b"], 512), ("large", ["a"], 4096)):
        job = read_image_pop({"ids": ids, "model": "paint", "payload": {"width": width, "height": 512}})
        assert job is not None
        found[name] = kind.wants_all(job)
    assert found == {"small": False, "batch": True, "large": True}


def test_offering_less_ends_somewhere() -> None:
    """Half each time, down to what is worth offering."""
    pictures = ImageKind(cast(HordeApi, FakePlaces()), "easel", cast(ImageMaker, Makes(ABLE)), WISHES)
    texts = TextKind(cast(HordeApi, FakePlaces()), "desk", cast(TextMaker, Makes(WRITES)), WISHES)
    assert [pictures.offer_less() for _ in range(3)] == [
        "pictures of at most 131072 pixels", "pictures of at most 65536 pixels", ""
    ]  # fmt: skip
    assert [texts.offer_less() for _ in range(4)] == [
        *(f"texts of at most {most} tokens" for most in (256, 128, 80)), ""
    ]  # fmt: skip


class Makes:
    """A maker of which only the abilities are asked."""

    def __init__(self, abilities: ImageAbilities | TextAbilities) -> None:
        self.abilities = abilities
