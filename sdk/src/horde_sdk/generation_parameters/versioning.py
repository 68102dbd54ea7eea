"""Migrations of parameters that an older release wrote, from one schema version to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from horde_sdk.generation_parameters.generic.parameters import CompositeParametersBase

ParameterSchemaMigrationFunc: TypeAlias = Callable[[dict[str, object]], dict[str, object]]
"""Gets a dump of one version and returns that of the next; it may change its argument."""

_migrations: dict[tuple[type[CompositeParametersBase], str], tuple[str, ParameterSchemaMigrationFunc]] = {}


class ParameterSchemaMigrationError(RuntimeError):
    """No chain of migrations leads from a dump's version to the current one."""


def register_parameter_schema_migration(
    parameter_type: type[CompositeParametersBase],
    *,
    from_version: str,
    to_version: str,
    migration: ParameterSchemaMigrationFunc,
) -> None:
    """Teach a type to read an older version of its dumps.

    Raises:
        ValueError: The type has a migration from that version.
    """
    if (parameter_type, from_version) in _migrations:
        raise ValueError(f"{parameter_type.__name__} has a migration from version {from_version!r} already")
    _migrations[parameter_type, from_version] = (to_version, migration)


def apply_parameter_schema_migrations(
    parameter_type: type[CompositeParametersBase],
    payload: Mapping[str, object],
) -> dict[str, object]:
    """Return a dump in the current version, ready for `parameter_type.model_validate`; `payload` stays as it is.

    Raises:
        ParameterSchemaMigrationError: The chain of migrations breaks off, or runs in a circle.
    """
    current = parameter_type.current_schema_version()
    version = str(payload.get("schema_version") or parameter_type.legacy_schema_version())
    dump, passed = dict(payload), set[str]()
    while version != current:
        step = _migrations.get((parameter_type, version))
        if step is None or version in passed:
            raise ParameterSchemaMigrationError(
                f"no migration leads {parameter_type.__name__} from version {version!r} to {current!r}"
            )
        passed.add(version)
        version, migrate = step
        dump = migrate(dump)
    return {**dump, "schema_version": current}
