"""Dumps of older releases are read by migrations."""

from __future__ import annotations

import pytest

from horde_sdk.generation_parameters import versioning
from horde_sdk.generation_parameters.image.object_models import ImageGenerationParametersTemplate
from horde_sdk.generation_parameters.versioning import (
    ParameterSchemaMigrationError,
    apply_parameter_schema_migrations,
    register_parameter_schema_migration,
)

Template = ImageGenerationParametersTemplate


@pytest.fixture(autouse=True)
def _no_migrations_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versioning, "_migrations", {})


def test_a_model_says_which_schema_it_follows() -> None:
    assert Template().model_dump()["schema_version"] == "1.0" == Template.current_schema_version()
    assert Template(schema_version="0.5").schema_version == "0.5"


def test_a_dump_of_today_stays_as_it_is() -> None:
    dump = Template(batch_size=2).model_dump()

    assert apply_parameter_schema_migrations(Template, dump) == dump


def test_a_dump_without_a_version_is_a_legacy_one() -> None:
    assert Template.legacy_schema_version() == "1.0"
    assert apply_parameter_schema_migrations(Template, {"batch_size": 1}) == {
        "batch_size": 1,
        "schema_version": "1.0",
    }


def test_migrations_are_chained_and_the_dump_they_start_from_stays() -> None:
    register_parameter_schema_migration(
        Template, from_version="0.1", to_version="0.2", migration=lambda dump: {"count": dump.pop("number")}
    )
    register_parameter_schema_migration(
        Template, from_version="0.2", to_version="1.0", migration=lambda dump: {"batch_size": dump.pop("count")}
    )
    old = {"schema_version": "0.1", "number": 7}

    current = apply_parameter_schema_migrations(Template, old)

    assert Template.model_validate(current).batch_size == 7
    assert old == {"schema_version": "0.1", "number": 7}


def test_a_version_has_one_way_on() -> None:
    register_parameter_schema_migration(Template, from_version="0.1", to_version="1.0", migration=lambda dump: dump)

    with pytest.raises(ValueError, match=r"has a migration from version '0\.1' already"):
        register_parameter_schema_migration(Template, from_version="0.1", to_version="0.9", migration=dict)


def test_a_chain_that_breaks_off_is_an_error() -> None:
    register_parameter_schema_migration(Template, from_version="0.1", to_version="0.2", migration=lambda dump: dump)

    with pytest.raises(ParameterSchemaMigrationError, match=r"from version '0\.2' to '1\.0'"):
        apply_parameter_schema_migrations(Template, {"schema_version": "0.1"})


def test_a_chain_that_runs_in_a_circle_is_an_error() -> None:
    register_parameter_schema_migration(Template, from_version="0.1", to_version="0.2", migration=lambda dump: dump)
    register_parameter_schema_migration(Template, from_version="0.2", to_version="0.1", migration=lambda dump: dump)

    with pytest.raises(ParameterSchemaMigrationError):
        apply_parameter_schema_migrations(Template, {"schema_version": "0.1"})
