"""Rules that tell from the fields of an operation which model describes it. Programs may add rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel

from horde_sdk.generation_parameters.alchemy.consts import ALCHEMY_PARAMETER_FIELDS, KNOWN_ALCHEMY_FORMS
from horde_sdk.generation_parameters.alchemy.parameters import (
    AnnotationAlchemyParameters,
    CaptionAlchemyParameters,
    FacefixAlchemyParameters,
    InterrogateAlchemyParameters,
    NSFWAlchemyParameters,
    SingleAlchemyParameters,
    UpscaleAlchemyParameters,
)
from horde_sdk.generation_parameters.generic.parameters import CompositeParametersBase

Predicate: TypeAlias = Callable[[Mapping[str, object]], bool]
"""Looks at the fields that are given; open ones may be missing or `None`."""


@dataclass(frozen=True, slots=True)
class ResolverRule:
    """Operations that fit the predicate are described by the model."""

    predicate: Predicate
    model: type[SingleAlchemyParameters]


def _has(field: ALCHEMY_PARAMETER_FIELDS) -> Predicate:
    return lambda payload: payload.get(field) is not None


class _Rules:
    """Rules in the order in which they are asked: the first that fits counts.

    Attributes:
        in_order: Replaced as a whole, never changed, so that readers need no lock.
    """

    def __init__(self, *in_order: ResolverRule) -> None:
        self.in_order = in_order


_rules = _Rules(
    ResolverRule(_has(ALCHEMY_PARAMETER_FIELDS.upscaler), UpscaleAlchemyParameters),
    ResolverRule(_has(ALCHEMY_PARAMETER_FIELDS.facefixer), FacefixAlchemyParameters),
    ResolverRule(_has(ALCHEMY_PARAMETER_FIELDS.interrogator), InterrogateAlchemyParameters),
    ResolverRule(_has(ALCHEMY_PARAMETER_FIELDS.caption_model), CaptionAlchemyParameters),
    ResolverRule(_has(ALCHEMY_PARAMETER_FIELDS.nsfw_detector), NSFWAlchemyParameters),
    ResolverRule(_has(ALCHEMY_PARAMETER_FIELDS.control_type), AnnotationAlchemyParameters),
    ResolverRule(
        lambda payload: (
            payload.get(ALCHEMY_PARAMETER_FIELDS.form) == KNOWN_ALCHEMY_FORMS.post_process
            # Where the upscaler is known to be open (a template of one), nothing but the form is left to describe.
            and ALCHEMY_PARAMETER_FIELDS.upscaler not in payload
        ),
        UpscaleAlchemyParameters,
    ),
)


def register_alchemy_parameter_rule(rule: ResolverRule, *, append: bool = True) -> None:
    """Add a rule; one that is there already moves.

    Args:
        rule: The rule.
        append: Ask it after all others; else before them.
    """
    others = [other for other in _rules.in_order if other != rule]
    _rules.in_order = (*others, rule) if append else (rule, *others)


def unregister_alchemy_parameter_rule(rule: ResolverRule) -> None:
    """Take a rule out again; nothing happens if it is not there."""
    _rules.in_order = tuple(other for other in _rules.in_order if other != rule)


def resolve_alchemy_parameter_model(
    payload: Mapping[str, object] | CompositeParametersBase,
) -> type[SingleAlchemyParameters]:
    """Return the model that describes an operation; `SingleAlchemyParameters` where no rule fits."""
    fields = _fields(payload)
    return next((rule.model for rule in _rules.in_order if rule.predicate(fields)), SingleAlchemyParameters)


def instantiate_alchemy_parameters(
    payload: Mapping[str, object] | CompositeParametersBase,
) -> SingleAlchemyParameters:
    """Return an operation in the model that describes it.

    Raises:
        pydantic.ValidationError: A field that the model needs is open or wrong.
    """
    fields = _fields(payload)
    return resolve_alchemy_parameter_model(fields).model_validate(fields)


def _fields(payload: Mapping[str, object] | BaseModel) -> dict[str, object]:
    """Return the fields by name. A template's form is left out where it is open, so that the model's applies."""
    if not isinstance(payload, BaseModel):
        return {str(name): value for name, value in payload.items()}
    fields = payload.model_dump()
    if fields.get(ALCHEMY_PARAMETER_FIELDS.form) is None:
        fields.pop(ALCHEMY_PARAMETER_FIELDS.form, None)
    return fields
