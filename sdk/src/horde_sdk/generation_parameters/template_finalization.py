"""Finalization of templates: from fields that may be open to the dump that parameters are built of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from horde_sdk.generation_parameters.fingerprints import compute_parameter_fingerprint

TemplateT = TypeVar("TemplateT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class TemplateFinalization(Generic[TemplateT]):
    """A template after its overrides.

    Attributes:
        template: A copy with the overrides; the original stays as it is.
        payload: Its dump.
    """

    template: TemplateT
    payload: dict[str, object]


@dataclass(frozen=True, slots=True)
class TemplateFingerprintSnapshot(Generic[TemplateT]):
    """A template after its overrides, and what its results are named after.

    Attributes:
        template: A copy with the overrides; the original stays as it is.
        payload: Its dump.
        fingerprint: That of the dump, or of what was left of it.
    """

    template: TemplateT
    payload: dict[str, object]
    fingerprint: str


def apply_template_overrides(
    template: TemplateT,
    *,
    overrides: Mapping[str, object] | None = None,
    exclude_none: bool = False,
) -> TemplateFinalization[TemplateT]:
    """Return a copy with some fields replaced, and its dump.

    The overrides are checked when parameters are built of the dump; names that the template has not are ignored.

    Args:
        template: Stays as it is.
        overrides: New values by field name.
        exclude_none: Leave open fields out of the dump, so that the defaults of the parameters apply.
    """
    known = {name: value for name, value in (overrides or {}).items() if name in type(template).model_fields}
    changed = template.model_copy(update=known)
    return TemplateFinalization(changed, changed.model_dump(exclude_none=exclude_none, warnings=False))


def finalize_template_for_parameters(
    template: TemplateT,
    *,
    overrides: Mapping[str, object] | None = None,
    exclude_none: bool = False,
    fingerprint_exclude_fields: Collection[str] | None = None,
    fingerprint_transform: Callable[[TemplateFinalization[TemplateT], dict[str, object]], None] | None = None,
) -> TemplateFingerprintSnapshot[TemplateT]:
    """Apply the overrides and take the fingerprint.

    Args:
        template: Stays as it is.
        overrides: New values by field name.
        exclude_none: Leave open fields out of the dump.
        fingerprint_exclude_fields: Fields that do not count for the fingerprint, such as ids.
        fingerprint_transform: Changes, in place, the copy of the dump that the fingerprint is taken of.
    """
    final = apply_template_overrides(template, overrides=overrides, exclude_none=exclude_none)
    counted = {name: value for name, value in final.payload.items() if name not in (fingerprint_exclude_fields or ())}
    if fingerprint_transform is not None:
        fingerprint_transform(final, counted)
    return TemplateFingerprintSnapshot(final.template, final.payload, compute_parameter_fingerprint(counted))
