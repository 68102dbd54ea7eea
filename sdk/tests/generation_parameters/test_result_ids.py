"""Fingerprints and ids of results: the same parameters have the same ids, in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_sdk.generation_parameters.utils import (
    ResultIdAllocator,
    compute_parameter_fingerprint,
    ensure_result_id,
    ensure_result_ids,
    resolve_result_id_from_payload,
    resolve_result_ids_from_payload,
)

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DUMPS = st.dictionaries(
    st.text(),
    st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8),
    max_size=5,
)
ALLOCATOR = ResultIdAllocator()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("dump", "canonical"),
    [
        ({}, "{}"),
        ({"b": 2, "a": 1}, '{"a":1,"b":2}'),
        ({"a": {"y": 1, "x": [1, 2]}}, '{"a":{"x":[1,2],"y":1}}'),
        ({"a": (1, 2)}, '{"a":[1,2]}'),
        ({"a": "é"}, '{"a":"\\u00e9"}'),
        ({1: None}, '{"1":null}'),
        ({"a": UUID(int=5)}, '{"a":"00000000-0000-0000-0000-000000000005"}'),
        ({"a": Path("x")}, '{"a":"x"}'),
        ({"a": KNOWN_IMAGE_SAMPLERS.k_euler}, '{"a":"k_euler"}'),
    ],
)
def test_a_fingerprint_is_the_hash_of_canonical_json(dump: dict[str, object], canonical: str) -> None:
    assert compute_parameter_fingerprint(dump) == sha256(canonical)


@given(DUMPS)
def test_the_order_of_keys_does_not_matter(dump: dict[str, object]) -> None:
    assert compute_parameter_fingerprint(dict(reversed(dump.items()))) == compute_parameter_fingerprint(dump)


@given(DUMPS, st.text(), st.integers())
def test_another_value_is_another_fingerprint(dump: dict[str, object], key: str, value: int) -> None:
    assert compute_parameter_fingerprint({**dump, key: value}) != compute_parameter_fingerprint(
        {**dump, key: value + 1}
    )


def test_images_count_by_their_bytes() -> None:
    one, other = ({"image": content} for content in (b"one", b"other"))

    assert compute_parameter_fingerprint(one) == compute_parameter_fingerprint({"image": b"one"})
    assert compute_parameter_fingerprint(one) != compute_parameter_fingerprint(other)


@pytest.mark.parametrize("value", [{1, 2}, object()], ids=["set", "object"])
def test_what_has_no_one_true_form_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match="has no fingerprint"):
        compute_parameter_fingerprint({"a": value})


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_another_process_finds_the_same_fingerprint_and_ids(hash_seed: str) -> None:
    code = """
from horde_sdk.generation_parameters.utils import ResultIdAllocator
from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParametersTemplate, ImageGenerationParametersTemplate
)
base = BasicImageGenerationParametersTemplate(model="m", prompt="a fox", sampler_name="k_euler")
template = ImageGenerationParametersTemplate(base_params=base, batch_size=2)
print(*template.to_parameters(allocator=ResultIdAllocator()).result_ids)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == [
        "19764f09-d845-53b8-989a-e26921926307",
        "4c5d77b4-3e31-56cd-9b8c-bfff0859bd94",
    ]


def test_ids_depend_on_seed_place_fingerprint_and_namespace_alone() -> None:
    made = ALLOCATOR.allocate(seed="s", index=0)

    assert made == "1c1b1d8a-3a14-5759-905f-cd197d69ac70" == ResultIdAllocator().allocate(seed="s", index=0)
    others = {
        ALLOCATOR.allocate(seed="s", index=1),
        ALLOCATOR.allocate(seed="t", index=0),
        ALLOCATOR.allocate(seed="s", index=0, fingerprint="f"),
        ResultIdAllocator(UUID(int=1)).allocate(seed="s", index=0),
    }
    assert len(others - {made}) == 4
    assert UUID(made).version == 5


@given(st.text(), st.integers(min_value=0), st.none() | st.text())
def test_allocating_twice_gives_the_same_id(seed: str, index: int, fingerprint: str | None) -> None:
    first, again = (ResultIdAllocator().allocate(seed=seed, index=index, fingerprint=fingerprint) for _ in range(2))

    assert first == again


def test_an_id_that_exists_stays() -> None:
    assert ensure_result_id("x", allocator=ALLOCATOR, seed="s") == "x"
    assert ensure_result_ids(["x", UUID(int=1)], 2, allocator=ALLOCATOR, seed="s") == ["x", UUID(int=1)]


def test_missing_ids_are_the_allocators() -> None:
    made = [ALLOCATOR.allocate(seed="s", index=index, fingerprint="f") for index in range(2)]

    assert ensure_result_id(None, allocator=ALLOCATOR, seed="s", fingerprint="f") == made[0]
    assert ensure_result_ids(None, 2, allocator=ALLOCATOR, seed="s", fingerprint="f") == made
    assert ensure_result_ids(None, 0, allocator=ALLOCATOR, seed="s") == []


def test_without_an_allocator_ids_are_random() -> None:
    assert ensure_result_id(None, allocator=None, seed="s") != ensure_result_id(None, allocator=None, seed="s")
    assert len(set(ensure_result_ids(None, 5, allocator=None, seed="s"))) == 5


@pytest.mark.parametrize("existing", [[], ["a"], ["a", "b", "c"]], ids=len)
def test_a_wrong_count_of_ids_is_an_error(existing: list[str | UUID]) -> None:
    with pytest.raises(ValueError, match=f"2 results want as many ids, not {len(existing)}"):
        ensure_result_ids(existing, 2, allocator=ALLOCATOR, seed="s")


def resolve_one(explicit: str | UUID | None, dumped: object) -> str | UUID:
    return resolve_result_id_from_payload(
        explicit_id=explicit, payload_value=dumped, allocator=ALLOCATOR, seed="s", fingerprint="f"
    )


def resolve_two(explicit: list[str | UUID] | None, dumped: object) -> list[str | UUID]:
    return resolve_result_ids_from_payload(
        explicit_ids=explicit, payload_value=dumped, count=2, allocator=ALLOCATOR, seed="s", fingerprint="f"
    )


def test_the_explicit_id_comes_before_the_dumped_one_before_a_new_one() -> None:
    assert resolve_one("explicit", "dumped") == "explicit"
    assert resolve_one(None, "dumped") == "dumped"
    assert resolve_one(None, None) == ALLOCATOR.allocate(seed="s", index=0, fingerprint="f")
    assert resolve_two(["e", "f"], ["x", "y"]) == ["e", "f"]
    assert resolve_two(None, ("x", UUID(int=1))) == ["x", UUID(int=1)]


@pytest.mark.parametrize("dumped", [None, "xy", b"xy", 5], ids=["none", "text", "bytes", "number"])
def test_what_is_no_list_of_ids_is_ignored(dumped: object) -> None:
    assert resolve_two(None, dumped) == [ALLOCATOR.allocate(seed="s", index=i, fingerprint="f") for i in range(2)]


@pytest.mark.parametrize("dumped", [5, ["a"]], ids=["number", "list"])
def test_a_dumped_id_of_another_type_is_an_error(dumped: Any) -> None:
    with pytest.raises(TypeError, match="result_id holds texts or UUIDs"):
        resolve_one(None, dumped)
    with pytest.raises(TypeError, match="result_ids holds texts or UUIDs"):
        resolve_two(None, [dumped, dumped])
