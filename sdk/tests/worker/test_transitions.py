"""The tables of a generation's life are those of the reference release."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from horde_sdk.worker import consts
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    base_generate_progress_transitions,
    black_box_generate_progress_transitions,
    generate_transitions,
    validate_generation_progress_transitions,
)

P = GENERATION_PROGRESS
Table = dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]

TABLES = {name: table for name, table in vars(consts).items() if name.endswith("_transitions") and type(table) is dict}


def _published_tables() -> Iterator[tuple[str, Table]]:
    rows = csv.reader((Path(__file__).parents[1] / "compatibility" / "symbols.csv").read_text().splitlines())
    module = ""
    for row in rows:
        module = row[0] or module
        if module == "horde_sdk.worker.consts" and row[1].endswith("_transitions") and row[2] == "const":
            lines = (line.split(":") for line in row[3].strip("{}").split(";"))
            yield row[1], {P(state.strip()): [P(name) for name in after.split()] for state, after in lines}


PUBLISHED = dict(_published_tables())


def test_every_published_table_is_compared() -> None:
    assert set(PUBLISHED) == set(TABLES)
    assert len(PUBLISHED) == 9


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_table_leads_where_the_published_one_leads(name: str) -> None:
    assert TABLES[name] == PUBLISHED[name]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_state_of_a_table_has_a_row_and_an_end(name: str) -> None:
    table = TABLES[name]

    assert validate_generation_progress_transitions(table)
    assert any(after == [] for after in table.values())


@pytest.mark.parametrize(
    "missing",
    [state for state in P if any(state in row for row in TABLES["base_generate_progress_transitions"].values())],
)
def test_table_that_leads_nowhere_is_found_out(missing: GENERATION_PROGRESS) -> None:
    table = {state: row for state, row in base_generate_progress_transitions.items() if state is not missing}

    assert not validate_generation_progress_transitions(table)


@pytest.mark.parametrize("base", ["base_generate_progress_transitions", "black_box_generate_progress_transitions"])
@pytest.mark.parametrize("choices", list(product([False, True], repeat=3)), ids=str)
def test_derived_table_is_sound_and_leaves_its_base_alone(base: str, choices: tuple[bool, bool, bool]) -> None:
    before = {state: list(row) for state, row in TABLES[base].items()}

    derived = generate_transitions(TABLES[base], *choices)

    assert TABLES[base] == before
    assert validate_generation_progress_transitions(derived) or (choices[1] and P.PENDING_SUBMIT not in before)
    assert all(len(row) == len(set(row)) for row in derived.values())
    reaches_submit = P.PENDING_SUBMIT in derived
    assert reaches_submit is not choices[0]


def test_table_without_submit_ends_where_submitting_began() -> None:
    derived = generate_transitions(black_box_generate_progress_transitions, skip_submit=True)

    assert derived[P.GENERATING] == [P.PENDING_SAFETY_CHECK, P.COMPLETE, P.ERROR]
    assert P.SUBMITTING not in derived[P.ERROR]


@pytest.mark.parametrize(
    ("predicate", "states"),
    [
        (P.is_state_complete, {P.COMPLETE, P.ABORTED, P.REPORTED_FAILED, P.USER_ABORT_COMPLETE, P.ABANDONED}),
        (P.is_state_failing, {P.ERROR, P.ABORTED, P.REPORTED_FAILED, P.USER_REQUESTED_ABORT, P.ABANDONED}),
        (
            P.is_state_pending,
            {
                P.NOT_STARTED,
                P.PRELOADING_COMPLETE,
                P.PENDING_POST_PROCESSING,
                P.PENDING_SAFETY_CHECK,
                P.PENDING_SUBMIT,
            },
        ),
        (P.is_state_milestone, {P.GENERATION_COMPLETE, P.POST_PROCESSING_COMPLETE, P.SAFETY_CHECK_COMPLETE}),
    ],
    ids=["complete", "failing", "pending", "milestone"],
)
def test_states_are_sorted_as_published(predicate: object, states: set[GENERATION_PROGRESS]) -> None:
    assert callable(predicate)
    assert {state for state in P if predicate(state)} == states


@given(st.dictionaries(st.sampled_from(list(P)), st.lists(st.sampled_from(list(P)))))
def test_table_is_valid_exactly_if_it_is_closed(table: Table) -> None:
    closed = all(following in table for row in table.values() for following in row)

    assert validate_generation_progress_transitions(table) is closed
