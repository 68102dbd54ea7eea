"""Our own document against the original's: every operation, parameter and field, with its type."""

from __future__ import annotations

import pytest
from api_contract import Operation, contract, gives, operations_of, takes
from contract_deviations import NEVER_TOLD, NOT_BUILT, NOT_TOLD_YET, OTHER_FIELDS, OTHER_STATUS, is_listed
from hordes import Horde

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUILT = sorted(contract().keys() - NOT_BUILT)


async def ours(horde: Horde) -> dict[str, Operation]:
    """The operations of this server."""
    return operations_of((await horde.client.get("/api/swagger.json")).json())


async def test_there_are_ninety_operations() -> None:
    """Of the original; those that are not built are told by name."""
    assert len(contract()) == 90
    assert contract().keys() >= NOT_BUILT


async def test_every_operation_is_there_or_said_to_be_missing(module_horde: Horde) -> None:
    """And what is said to be missing is missing: whoever builds it says so."""
    assert sorted(contract().keys() - (await ours(module_horde)).keys()) == sorted(NOT_BUILT)


@pytest.mark.parametrize("name", BUILT)
async def test_every_parameter_is_taken(module_horde: Horde, name: str) -> None:
    found = (await ours(module_horde))[name].parameters
    wrong = {key: found.get(key) for key, kind in contract()[name].parameters.items() if found.get(key) != kind}
    assert wrong == {}


@pytest.mark.parametrize("name", BUILT)
async def test_every_field_of_the_body_is_taken(module_horde: Horde, name: str) -> None:
    found = (await ours(module_horde))[name].body
    wrong = [
        path
        for path, kind in contract()[name].body.items()
        if not takes(kind, found.get(path, "")) and not is_listed(OTHER_FIELDS, name, path)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", BUILT)
async def test_every_field_of_the_answer_is_told(module_horde: Horde, name: str) -> None:
    found = (await ours(module_horde))[name].answers
    (status,) = contract()[name].answers
    told = found[OTHER_STATUS[name][0] if name in OTHER_STATUS else status]
    wrong = [
        path
        for path, kind in contract()[name].answers[status].items()
        if not gives(kind, told.get(path, ""))
        and not is_listed(NOT_TOLD_YET, name, path)
        and not is_listed(NEVER_TOLD, name, path)
    ]
    assert wrong == []


async def test_what_is_said_to_differ_exists() -> None:
    """Each entry of the tables names an operation, and a field of it, of the original's document."""
    for table in (NOT_TOLD_YET, NEVER_TOLD):
        for entry in table:
            name, _, path = entry.rpartition(" ")
            assert any(is_listed({entry: ""}, name, each) for each in contract()[name].answer), entry
    for entry in OTHER_FIELDS:
        name, _, path = entry.rpartition(" ")
        assert path in contract()[name].body, entry
    assert contract().keys() >= OTHER_STATUS.keys()
