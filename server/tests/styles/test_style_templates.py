"""The prompt of a style, filled with the user's (styles.md §4.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.styles.templates import PROMPT, filled, image_parts


def in_style(template: str, prompt: str) -> str | None:
    return filled(template, image_parts(template, prompt), most=1000)


@pytest.mark.parametrize(
    ("template", "prompt", "becomes"),
    [
        ("{p}, in oil###{np}, photo", "a sea", "a sea, in oil###, photo"),
        ("{p}, in oil###{np}, photo", "a sea###fog", "a sea, in oil###fog, photo"),
        ("{p}, in oil{np}", "a sea", "a sea, in oil"),
        ("{p}, in oil{np}", "a sea###fog", "a sea, in oil###fog"),
        ("{p}{np}", "a sea###fog###cars", "a sea###fog###cars"),
        ("{p} and {p}{np}", "x", "x and x"),
        ("{mood} {p}{np} {", "x", "{mood} x {"),
        ("{p}{np}", "{np} {p}###{p}", "{np} {p}###{p}"),
    ],
)
def test_holes_are_filled_literally_and_once(template: str, prompt: str, becomes: str) -> None:
    assert in_style(template, prompt) == becomes


def test_what_would_be_too_long_is_not_made() -> None:
    assert filled("{p}" * 3000, {PROMPT: "x" * 1_000_000}, most=100_000) is None
    assert filled("{p}", {PROMPT: "x" * 97}, most=100) == "x" * 97


@given(st.text(), st.text())
def test_a_text_that_is_no_hole_changes_nothing_else(before: str, prompt: str) -> None:
    template = before.replace("{p}", "") + "{p}"
    found = filled(template, {PROMPT: prompt}, most=10**6)
    assert found is not None and found.endswith(prompt)
    assert len(found) == len(template) - 3 + len(prompt) or template.count("{p}") > 1
