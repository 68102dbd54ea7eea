"""Options of forms come as text, as numbers and as nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from horde_worker.backends.trained_alchemy.form_options import FormOptions


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("0.7", 0.7),
        (0.7, 0.7),
        (1, 1.0),
        ("7", 1.0),
        ("-3", 0.0),
        (1e400, 1.0),
        ("-inf", 0.0),
        ("nan", 0.5),
        ("much", 0.5),
        ("", 0.5),
        (None, 0.5),
        (True, 0.5),
    ],
)
def test_a_number_is_clamped_and_nonsense_counts_as_absent(sent: Any, number: float) -> None:
    """Many hordes send every value as text."""
    assert FormOptions({"strength": sent}).number("strength", 0.5, 0.0, 1.0) == number
    assert FormOptions({}).number("strength", 0.5, 0.0, 1.0) == 0.5


@pytest.mark.parametrize(("sent", "whole"), [("7", 7), ("7.6", 8), (3.0, 3), ("900", 16), ("seven", 5), (10**400, 5)])
def test_a_whole_number_is_one(sent: Any, whole: int) -> None:
    """Also where it is sent with a fraction, or is larger than any."""
    assert FormOptions({"beams": sent}).whole("beams", 5, 1, 16) == whole


@pytest.mark.parametrize(
    ("sent", "flag"), [("true", True), ("False", False), (" 1 ", True), (False, False), ("perhaps", True), (0, True)]
)
def test_a_flag_is_said_in_words(sent: Any, flag: bool) -> None:
    """What is neither yes nor no is the default."""
    assert FormOptions({"rank": sent}).flag("rank", True) is flag
