"""Calls the operations of the original's document, and remembers what each was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from api_contract import contract, told_fields
from contract_deviations import NOT_BUILT, OTHER_STATUS
from hordes import Horde

Part: TypeAlias = "Callable[[Walk, dict[str, str]], Awaitable[None]]"
"""A part of the walk; with the keys of those who take part."""


class NotBuilt(Exception):
    """The operation is not there yet; what builds on it is left out."""


class Walk:
    """A horde, and what was told of it so far: types by operation and field."""

    def __init__(self, horde: Horde) -> None:
        self.horde = horde
        self.told: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.called: set[str] = set()
        self.failed: dict[str, str] = {}

    async def take(self, part: Part, keys: dict[str, str]) -> None:
        """Walk a part, as far as it is built; what fails there is kept, and the next can be walked."""
        try:
            await part(self, keys)
        except NotBuilt:
            pass
        except Exception as error:  # noqa: BLE001 whatever it is, the horde has to be stopped at the end
            self.failed[part.__name__] = repr(error)[:1000]

    async def call(
        self, name: str, body: Any = None, *, key: str | None = None, query: dict[str, Any] | None = None, **path: str
    ) -> Any:
        """The good answer of an operation. Raises `NotBuilt` where it is said not to be there."""
        if name in NOT_BUILT:
            raise NotBuilt(name)
        method, _, template = name.partition(" ")
        answer = await self.horde.client.request(
            method,
            f"/api{template.format(**path)}",
            json=body,
            params=query,
            headers={"apikey": key} if key is not None else {},
        )
        (status,) = [OTHER_STATUS[name][0]] if name in OTHER_STATUS else contract()[name].answers
        assert answer.status_code == status, (name, answer.text)
        self.called.add(name)
        for field, kind in told_fields(answer.json()):
            self.told[name][field].add(kind)
        return answer.json()
