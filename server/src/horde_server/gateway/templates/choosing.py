"""Which template renders a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from horde_server.gateway.templates.names import by_name, by_word
from horde_server.gateway.templates.own import NO_OWN_TEMPLATES, Own, OwnTemplates
from horde_server.gateway.templates.refusals import UnknownTemplate
from horde_server.gateway.templates.template import Template, built_in
from horde_server.models.catalogue import instruct_format

UNKNOWN_MODEL = "chatml"
"""Most merges of unknown name were trained on it; on a base model its stops cut what comes after the answer."""
ANY_MODEL = "alpaca"
"""Plain words without special tokens: every model copes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A template by name; `is_guess`: nobody who knows the model named it."""

    name: str
    template: Template
    is_guess: bool
    own: Own | None = None


def choose(
    models: Sequence[str],
    *,
    wished: str | None = None,
    catalogue: Callable[[str], str | None] = instruct_format,
    claims: Mapping[str, str] | None = None,
    own: OwnTemplates = NO_OWN_TEMPLATES,
) -> Choice:
    """The request's wish, the operator's file, the catalogue, workers' claims, the name, a fallback: the first hit.

    `catalogue` tells the `instruct_format` of a model; `claims` what workers say of theirs. No models: any will do.

    Raises:
        UnknownTemplate: the request wishes for one that there is not.
    """
    if wished is not None:
        return _wished(wished, own)
    choices = [_of_model(model, catalogue, claims or {}, own) for model in models]
    if choices and all(choice.name == choices[0].name for choice in choices):
        return choices[0]
    return _built_in(ANY_MODEL, is_guess=True)


def _wished(name: str, own: OwnTemplates) -> Choice:
    found = own.named(name)
    if found is not None:
        return Choice(found.name, found.template, is_guess=False, own=found)
    built = by_word(name, "", built_in())
    if built is None:
        raise UnknownTemplate(name, {*built_in(), *(entry.name for entry in own.entries)})
    return _built_in(built, is_guess=False)


def _of_model(
    model: str, catalogue: Callable[[str], str | None], claims: Mapping[str, str], own: OwnTemplates
) -> Choice:
    found = own.for_model(model)
    if found is not None:
        return Choice(found.name, found.template, is_guess=False, own=found)
    for word in (catalogue(model), claims.get(model)):
        named = by_word(word, model, built_in()) if word else None
        if named is not None:
            return _built_in(named, is_guess=False)
    return _built_in(by_name(model) or UNKNOWN_MODEL, is_guess=True)


def _built_in(name: str, *, is_guess: bool) -> Choice:
    return Choice(name, built_in()[name], is_guess)
