"""Accounts as those who give and get kudos name them."""

from __future__ import annotations

_INT32_MAX = 2**31 - 1


def account_number(alias: str) -> int | None:
    """The number of `username#number`, where the name is ignored and may be left out; None when there is none."""
    number = alias.rpartition("#")[2].strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        return None
    return int(number) if int(number) <= _INT32_MAX else None
