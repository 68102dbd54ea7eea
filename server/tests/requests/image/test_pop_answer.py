"""The shape of a pop's answer (workers.md §7)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from horde_server.dispatch.dispatcher import HandOut
from horde_server.dispatch.ids import JobId
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.pop_answer import empty_answer, job_answer

TOP = {
    "payload", "id", "ids", "model", "ttl", "skipped", "source_image", "source_processing", "source_mask",
    "extra_source_images", "r2_upload", "r2_uploads", "messages",
}  # fmt: skip


def a_hand_out(**changes: Any) -> HandOut[ImageOrder]:
    order = ImageOrder(prompt="x ### y", **changes)
    return HandOut(order=order, model="m", job_ids=(JobId(uuid4()), JobId(uuid4())), seed=42, ttl_s=150)


def test_an_empty_answer_has_defaults_and_zero_counts() -> None:
    answer = json.loads(empty_answer({"models": 3, "maintenance": 9}))
    assert set(answer) == TOP
    assert answer["id"] is None and answer["ids"] == []
    assert answer["payload"]["ddim_steps"] == 30
    assert answer["skipped"]["models"] == 3 and answer["skipped"]["post-processing"] == 0
    assert "maintenance" not in answer["skipped"] and "max_pixels" not in answer["skipped"]


def test_a_job_answer_keeps_ids_and_uploads_parallel() -> None:
    hand_out = a_hand_out()
    answer = json.loads(job_answer(hand_out, ["u1", "u2"]))
    assert set(answer) == TOP
    assert answer["ids"] == [str(job_id) for job_id in hand_out.job_ids] and answer["id"] == answer["ids"][0]
    assert answer["r2_uploads"] == ["u1", "u2"] and answer["r2_upload"] == "u1"
    assert answer["payload"]["n_iter"] == 2 and answer["payload"]["seed"] == "42"
    assert answer["skipped"] == {} and answer["messages"] == []


def test_payload_keys_without_a_value_are_absent() -> None:
    plain = json.loads(job_answer(a_hand_out(), ["u1", "u2"]))["payload"]
    assert not {"clip_skip", "denoising_strength", "use_nsfw_censor", "steps", "n"} & set(plain)
    censored = json.loads(job_answer(a_hand_out(nsfw=False, clip_skip=2), ["u1", "u2"]))["payload"]
    assert censored["use_nsfw_censor"] is True and censored["clip_skip"] == 2
