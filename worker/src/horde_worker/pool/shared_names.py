"""Which makers share a worker's name.

A horde ties a name to one kind of work for ever, and what a pop says holds for every model in it. So makers of one kind
share a name when they are of one backend, as several ComfyUI servers or cards are: they can mostly do the same, and
what only some of them can is not offered. Those of another backend have a name of their own, so nobody loses anything.
Alchemy offers each form by itself, so all its makers share one. `own_name` of a backend sets it apart in any case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from horde_worker.backends.interface import Backend, BackendSettings
from horde_worker.pool.alchemy_pool import AlchemyPool
from horde_worker.pool.embedding_pool import EmbeddingPool
from horde_worker.pool.image_pool import ImagePool
from horde_worker.pool.members import Member, Members
from horde_worker.pool.text_pool import TextPool

KINDS: Final = ("image", "text", "alchemy", "embedding")


@dataclass(frozen=True, slots=True)
class Share:
    """What stands behind one worker name: a single maker, or a pool of some."""

    kind: str
    worker: str
    backend: str
    maker: Any
    is_of_first: bool
    """Whether the first backend of the settings is in it."""


@dataclass(frozen=True, slots=True)
class _Maker:
    place: int
    backend: str
    maker: Any


def shares_of(
    opened: Sequence[tuple[BackendSettings, Backend]],
    name: str,
    names: Mapping[str, str] | None = None,
    roles: frozenset[str] = frozenset(),
) -> list[Share]:
    """A share for each worker name, in the order of the settings; the first kind of work has the plain name.

    `names` are other names by kind; `roles` are the kinds of work to do, all where there are none.
    """
    groups: dict[tuple[str, str], list[_Maker]] = {}
    for place, (settings, backend) in enumerate(opened):
        for kind in KINDS:
            maker = getattr(backend.makers, kind)
            if maker is not None and (not roles or kind in roles):
                apart = f"#{place}" if settings.own_name else "" if kind == "alchemy" else settings.name
                groups.setdefault((kind, apart), []).append(_Maker(place, backend.name, maker))
    shares: list[Share] = []
    for (kind, _), makers in groups.items():
        plain = (names or {}).get(kind) or (name if not shares or kind == shares[0].kind else f"{name}-{kind}")
        before = sum(one.kind == kind for one in shares)
        shares.append(
            Share(
                kind,
                plain if not before else f"{plain}-{before + 1}",
                " + ".join(dict.fromkeys(one.backend for one in makers)),
                makers[0].maker if len(makers) == 1 else _pool(kind, makers),
                any(one.place == 0 for one in makers),
            )
        )
    return shares


def _pool(kind: str, makers: Sequence[_Maker]) -> Any:
    called = [one.backend for one in makers]
    members = Members(
        [
            # Those of one name are told apart by their number.
            Member(one.backend if called.count(one.backend) == 1 else f"{one.backend} {place + 1}", one.maker)
            for place, one in enumerate(makers)
        ]
    )
    return {"image": ImagePool, "text": TextPool, "alchemy": AlchemyPool, "embedding": EmbeddingPool}[kind](members)
