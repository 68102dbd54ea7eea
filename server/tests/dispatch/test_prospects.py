"""What a request is told that nobody online can serve, or that is served with other models than it asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from builders import a_requirement, an_entry, an_offer

from horde_server.dispatch.entry import AnyEntry, Entry
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.refusal import Offer, Reason
from horde_server.requests.alchemy.order import FormOrder
from horde_server.requests.alchemy.prospects import forms_warning
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.prospects import (
    FALLBACK_CODE,
    NO_WORKER,
    NO_WORKER_CODE,
    fallback_warning,
    named,
    no_worker_warning,
    prospects,
)


def a_queue(*offers: Offer, **entry: Any) -> tuple[LiveQueue, Entry[ImageOrder]]:
    """A live queue with these workers online, and a request in it."""
    queue = LiveQueue(lambda: 0.0)
    for offer in offers:
        queue.view(offer)
    asked = entry.pop("asked", ("m",))
    made = an_entry(a_requirement(models=frozenset(asked), nsfw=True), **entry)
    made.order = msgspec.structs.replace(made.order, models=asked)
    queue.add(made)
    return queue, made


def told(*offers: Offer, **entry: Any) -> dict[str, str]:
    queue, made = a_queue(*offers, **entry)
    return prospects(made, queue, tells_obstacles=True)


def test_it_is_told_what_stands_in_the_way_of_the_workers_online() -> None:
    offers = (an_offer(models=frozenset({"x"})), an_offer(models=frozenset({"y"})), an_offer(nsfw=False))
    assert told(*offers, an_offer(maintenance=True)) == {
        NO_WORKER_CODE: f"{NO_WORKER} Of 4 online: 2 serve none of the models, 1 take no NSFW requests, "
        "1 are in maintenance. Asked for: m; served now: m, x, y."
    }


def test_an_empty_horde_is_called_empty() -> None:
    assert told()[NO_WORKER_CODE].endswith("No worker is online.")


def test_nothing_is_told_where_a_worker_can_serve_it() -> None:
    assert told(an_offer(models=frozenset({"x"})), an_offer()) == {}


def test_models_are_named_only_where_they_are_the_obstacle() -> None:
    assert told(an_offer(nsfw=False))[NO_WORKER_CODE].endswith("Of 1 online: 1 take no NSFW requests.")


def test_who_asks_for_any_model_is_told_what_is_served() -> None:
    inpainting_only = an_offer(models=frozenset({"stable_diffusion_inpainting"}))
    assert told(inpainting_only, asked=())[NO_WORKER_CODE].endswith(
        "1 serve none of the models. Served now: stable_diffusion_inpainting."
    )


@pytest.mark.parametrize(
    "closed",
    [{"maintenance": True}, {"paused": True}, {"named_only": True}, {"models": frozenset({"horde_special::a"})}],
)
def test_models_that_are_not_for_everybody_are_not_called_served(closed: dict[str, Any]) -> None:
    offers = an_offer(models=frozenset({"x"})), an_offer(**{"models": frozenset({"y"}), **closed})
    assert told(*offers)[NO_WORKER_CODE].endswith("served now: x.")


def test_owners_are_told_of_models_of_their_paused_workers() -> None:
    mine = an_offer(models=frozenset({"y"}), paused=True, owner_id=1)
    assert told(mine, account_id=1)[NO_WORKER_CODE].endswith("served now: y.")


def test_warnings_stay_short_whatever_people_and_workers_name() -> None:
    queue, made = a_queue(
        *(an_offer(models=frozenset({f"{number}{'漢' * 254}"})) for number in range(1000)),
        asked=tuple(f"{number}{'☃' * 254}" for number in range(500)),
    )
    every_reason = Counter(dict.fromkeys(Reason, 10_000)) + Counter({Reason.MODELS: 1})
    warning = no_worker_warning(every_reason, made.order.models, queue.models_on_offer(1, 11))
    assert len(warning.encode()) < 1024
    assert "cannot for other reasons" in warning
    assert len(fallback_warning(made.order.models, queue.models_on_offer(1, 11)).encode()) < 1024
    assert len(prospects(made, queue, tells_obstacles=True)[NO_WORKER_CODE].encode()) < 1024


def test_ten_names_are_worth_reading() -> None:
    assert named(["a", "b"]) == "a, b"
    assert named([f"m{number}" for number in range(11)]) == "m0, m1, m2, m3, m4, m5, m6, m7, m8, m9 and more"
    assert named(["x" * 61]) == "x" * 59 + "…"
    assert named([]) == "nothing"


def fallen_back(*offers: Offer) -> dict[str, str]:
    queue, made = LiveQueue(lambda: 0.0), an_entry(a_requirement(models=frozenset(), preferred=frozenset({"gone"})))
    for offer in offers:
        queue.view(offer)
    made.order = msgspec.structs.replace(made.order, models=(), preferred_models=("gone",))
    queue.add(made)
    return prospects(made, queue, tells_obstacles=True)


def test_who_is_served_with_other_models_is_told_which() -> None:
    small = an_offer(models=frozenset({"small"}), max_pixels=64 * 64)
    assert fallen_back(small, an_offer(models=frozenset({"m", "n"}))) == {
        FALLBACK_CODE: "No worker online can serve this with gone: it is served with what there is: m, n. "
        "Each generation names its `model`."
    }


def test_who_nobody_can_serve_with_any_model_is_told_both() -> None:
    small = an_offer(models=frozenset({"small"}), max_pixels=64 * 64)
    warnings = fallen_back(small)
    assert "whatever the first suitable worker has" in warnings[FALLBACK_CODE]
    assert warnings[NO_WORKER_CODE].endswith("Of 1 online: 1 take fewer pixels.")


def test_of_many_reasons_why_forms_wait_few_are_told_and_all_forms_named() -> None:
    """Each form of seven is done by another number of alchemists, all for smaller pictures."""
    forms = [f"form{number}" for number in range(7)]
    queue = LiveQueue(lambda: 0.0)
    entries: list[AnyEntry] = []
    for number in range(7):
        queue.view(an_offer(kind="interrogation", models=frozenset(forms[number:])))
    for form in forms:
        entry: AnyEntry = an_entry(a_requirement(kind="interrogation", models=frozenset({form}), pixels=0, tiles=4))
        entry.order = FormOrder(form=form, interrogation_id=entry.id, tiles=4)
        queue.add(entry)
        entries.append(entry)
    told = forms_warning(entries, queue)
    assert told.count("Of 7 online") == 4
    assert "can fulfill form4, form5, form6. They will expire" in told
    assert forms_warning([], queue) == ""
