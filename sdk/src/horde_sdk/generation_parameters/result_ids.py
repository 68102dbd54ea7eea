"""Ids of results: given, or drawn from what is asked for, so that the same request gets the same ids again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4, uuid5

from horde_sdk.consts import ID_TYPES

_RESULT_NAMESPACE = UUID("de8f1934-3f57-59ec-8ebb-50f104e95b60")
"""That of the published releases: `allocate` gives the ids that theirs gives for the same arguments."""


class ResultIdAllocator:
    """Makes ids that depend on nothing but its namespace and the arguments (UUIDs of version 5)."""

    def __init__(self, namespace: UUID | None = None) -> None:
        """Draw from a namespace of one's own, or from the one that all share."""
        self._namespace = namespace or _RESULT_NAMESPACE

    def allocate(self, *, seed: str, index: int, fingerprint: str | None = None) -> str:
        """Return the id of one result.

        Args:
            seed: What kind of result it is, such as `image`.
            index: Its place in the batch, from 0.
            fingerprint: That of the parameters (`compute_parameter_fingerprint`).
        """
        parts = (seed, str(index)) if fingerprint is None else (seed, fingerprint, str(index))
        return str(uuid5(self._namespace, ":".join(parts)))


def ensure_result_id(
    existing: ID_TYPES | None,
    *,
    allocator: ResultIdAllocator | None,
    seed: str,
    fingerprint: str | None = None,
) -> ID_TYPES:
    """Return the id that exists, else the allocator's first, else (without one) a random one."""
    if existing is not None:
        return existing
    return _made(0, allocator, seed, fingerprint)


def ensure_result_ids(
    existing: Sequence[ID_TYPES] | None,
    count: int,
    *,
    allocator: ResultIdAllocator | None,
    seed: str,
    fingerprint: str | None = None,
) -> list[ID_TYPES]:
    """Return the ids that exist, else `count` of the allocator's, else (without one) random ones.

    Raises:
        ValueError: Ids exist, and not `count` of them.
    """
    if existing is None:
        return [_made(index, allocator, seed, fingerprint) for index in range(count)]
    if len(existing) != count:
        raise ValueError(f"{count} results want as many ids, not {len(existing)}")
    return list(existing)


def resolve_result_id_from_payload(
    *,
    explicit_id: ID_TYPES | None,
    payload_value: object,
    allocator: ResultIdAllocator | None,
    seed: str,
    fingerprint: str,
) -> ID_TYPES:
    """Return the explicit id, else the one that a dump holds, else a new one.

    Raises:
        TypeError: The dump holds something that is no id.
    """
    existing = explicit_id
    if existing is None and payload_value is not None:
        existing = _id("result_id", payload_value)
    return ensure_result_id(existing, allocator=allocator, seed=seed, fingerprint=fingerprint)


def resolve_result_ids_from_payload(
    *,
    explicit_ids: Sequence[ID_TYPES] | None,
    payload_value: object,
    count: int,
    allocator: ResultIdAllocator | None,
    seed: str,
    fingerprint: str,
) -> list[ID_TYPES]:
    """Return the explicit ids, else those that a dump holds, else new ones. What is no list in the dump is ignored.

    Raises:
        TypeError: The dump's list holds something that is no id.
        ValueError: Ids are given, and not `count` of them.
    """
    existing = explicit_ids
    if existing is None and isinstance(payload_value, Sequence) and not isinstance(payload_value, str | bytes):
        existing = [_id("result_ids", entry) for entry in payload_value]
    return ensure_result_ids(existing, count, allocator=allocator, seed=seed, fingerprint=fingerprint)


def _id(field: str, value: object) -> ID_TYPES:
    if isinstance(value, str | UUID):
        return value
    raise TypeError(f"{field} holds texts or UUIDs, not {type(value).__name__}")


def _made(index: int, allocator: ResultIdAllocator | None, seed: str, fingerprint: str | None) -> str:
    if allocator is None:
        return str(uuid4())
    return allocator.allocate(seed=seed, index=index, fingerprint=fingerprint)
