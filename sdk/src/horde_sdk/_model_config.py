"""The pydantic settings that all wire models share."""

import os

from pydantic import ConfigDict


def frozen_model_config() -> ConfigDict:
    """Return read-only settings that keep unknown fields (or forbid them where `TESTS_ONGOING` is set)."""
    return ConfigDict(
        frozen=True,
        from_attributes=True,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid" if os.environ.get("TESTS_ONGOING") else "allow",
        hide_input_in_errors=True,
    )
