"""Checks of the models against the API's own document, and against the rules of their docstrings.

Nothing here is needed to use a horde; it is for those who change this library. What asks the API asks the one that the
environment names, see `horde_sdk.ai_horde_api.endpoints.ai_horde_base_url`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import pairwise
from pkgutil import walk_packages
from types import ModuleType

from pydantic import BaseModel

import horde_sdk
from horde_sdk.ai_horde_api.endpoints import (
    AI_HORDE_API_ENDPOINT_SUBPATH,
    get_admin_only_endpoints,
    get_ai_horde_swagger_url,
    get_deprecated_endpoints,
)
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api._reflection import get_all_request_types
from horde_sdk.generic_api.apimodels import HordeAPIData, HordeAPIObject, HordeRequest, HordeResponse
from horde_sdk.generic_api.utils.swagger import SwaggerDoc, SwaggerParser

__all__ = [
    "FoundMixinInfo",
    "FoundResponseInfo",
    "all_model_and_fields_missing_docstrings",
    "all_models_missing_docstrings",
    "all_models_non_conforming_docstrings",
    "all_unaddressed_endpoints_ai_horde",
    "all_undefined_classes",
    "all_undefined_classes_for_endpoints",
    "all_unknown_endpoints_ai_horde",
    "any_unimported_classes",
    "find_subclasses",
]

_MODELS = "horde_sdk.ai_horde_api.apimodels"
_SWAGGER_PATH = "/swagger.json"


class FoundMixinInfo:
    """A mixin and its name in the API's document."""

    def __init__(self, *, mixin: type, api_model_name: str | None) -> None:
        self.mixin = mixin
        self.api_model_name = api_model_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FoundMixinInfo) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.mixin, self.api_model_name))


class FoundResponseInfo:
    """An answer, and the request that it answers.

    Attributes:
        response: The answer's class.
        api_model_name: Its name in the API's document.
        parent_request: The request's class.
        http_status_code: The status that it comes with.
        endpoint: The path.
        http_method: The verb.
    """

    def __init__(
        self,
        *,
        response: type[HordeResponse],
        api_model_name: str | None,
        parent_request: type[HordeRequest],
        http_status_code: HTTPStatusCode,
        endpoint: str,
        http_method: HTTPMethod,
    ) -> None:
        self.response = response
        self.api_model_name = api_model_name
        self.parent_request = parent_request
        self.http_status_code = http_status_code
        self.endpoint = endpoint
        self.http_method = http_method

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FoundResponseInfo) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.response, self.parent_request, self.http_status_code, self.endpoint, self.http_method))


def find_subclasses(module: ModuleType, super_type: type) -> list[type]:
    """Return the classes of a package and of all its modules that derive from a class, each once.

    What pydantic makes of a generic class for each of its parameters is left out.
    """
    below = walk_packages(getattr(module, "__path__", ()), f"{module.__name__}.")
    modules = [module, *(import_module(found.name) for found in below)]
    classes = {
        member
        for each in modules
        for member in vars(each).values()
        if isinstance(member, type) and issubclass(member, super_type) and member is not super_type
        if "[" not in member.__name__
    }
    return sorted(classes, key=lambda found: (found.__module__, found.__qualname__))


def any_unimported_classes(module: ModuleType, super_type: type) -> tuple[bool, set[type]]:
    """Tell whether a package leaves some of its own classes out of `__all__`, and which.

    Args:
        module: The package.
        super_type: Only classes that derive from this one count; those with a leading underscore do not.
    """
    missing = {
        found
        for found in find_subclasses(module, super_type)
        if found.__module__.startswith(module.__name__)
        and not found.__name__.startswith("_")
        and found.__name__ not in getattr(module, "__all__", ())
    }
    return bool(missing), missing


def _document() -> SwaggerDoc:
    return SwaggerParser(swagger_doc_url=get_ai_horde_swagger_url()).get_swagger_doc()


def _defined_names(module: ModuleType) -> set[str]:
    """Return the names in the API's document that the classes of a module have."""
    exported = (getattr(module, name) for name in getattr(module, "__all__", dir(module)))
    named = (one for one in exported if isinstance(one, type) and issubclass(one, HordeAPIObject))
    return {name for one in named if not inspect.isabstract(one) and (name := one.get_api_model_name())}


def all_undefined_classes(module: ModuleType) -> list[str]:
    """Return the models of the API's document that no class of a package says it is.

    Raises:
        requests.RequestException: The API does not answer.
    """
    defined = _defined_names(module)
    return [name for name in _document().definitions if name not in defined]


def all_undefined_classes_for_endpoints(module: ModuleType) -> dict[str, str]:
    """Return those of `all_undefined_classes` that a body or an answer of an endpoint is, with one such path.

    Raises:
        requests.RequestException: The API does not answer.
    """
    defined = _defined_names(module)
    return {
        name: path
        for path, endpoint in _document().paths.items()
        for name in (*endpoint.get_all_request_models(), *endpoint.get_all_response_models())
        if name not in defined
    }


def all_unaddressed_endpoints_ai_horde() -> set[AI_HORDE_API_ENDPOINT_SUBPATH]:
    """Return the known endpoints that no request class asks, the document's own aside."""
    asked = {str(request.get_api_endpoint_subpath()) for request in get_all_request_types(_MODELS)}
    return {path for path in AI_HORDE_API_ENDPOINT_SUBPATH if path not in asked and path != _SWAGGER_PATH}


def all_unknown_endpoints_ai_horde() -> set[str]:
    """Return the endpoints of the API's document that this library has no name for.

    Raises:
        requests.RequestException: The API does not answer.
    """
    known = set(AI_HORDE_API_ENDPOINT_SUBPATH) | get_admin_only_endpoints() | get_deprecated_endpoints()
    return {path for path in _document().paths if path not in known}


def _own_models() -> list[type]:
    wanted = (HordeAPIObject, HordeAPIData)
    found = {
        model
        for package in ("ai_horde_api", "generic_api", "ratings_api")
        for base in wanted
        for model in find_subclasses(import_module(f"{horde_sdk.__name__}.{package}"), base)
        if model.__module__.startswith(horde_sdk.__name__) and not model.__name__.startswith("_")
    }
    return sorted(found, key=lambda model: (model.__module__, model.__qualname__))


def all_models_missing_docstrings() -> set[type]:
    """Return the requests, answers and parts of them that do not say what they are."""
    return {model for model in _own_models() if not model.__dict__.get("__doc__")}


def all_model_and_fields_missing_docstrings() -> dict[type, set[str]]:
    """Return the requests, answers and parts of them with fields that nobody explains, and those fields."""
    found = {model: set(_unexplained(model)) for model in _own_models() if issubclass(model, BaseModel)}
    return {model: fields for model, fields in found.items() if fields}


def _unexplained(model: type[BaseModel]) -> Iterator[str]:
    explained: set[str] = set()
    for base in model.__mro__:
        if issubclass(base, BaseModel) and base is not BaseModel:
            explained |= _explained_in(base)
    for name, field in model.model_fields.items():
        if not field.description and name not in explained and name != "root":
            yield name


def _explained_in(model: type[BaseModel]) -> set[str]:
    """Return the fields that are followed by a docstring where the model is written."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    except (OSError, TypeError, SyntaxError):
        return set()
    body = getattr(tree.body[0], "body", [])
    return {
        before.target.id
        for before, after in pairwise(body)
        if isinstance(before, ast.AnnAssign)
        and isinstance(before.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


def all_models_non_conforming_docstrings() -> dict[type, tuple[str | None, str | None]]:
    """Return the requests and answers whose docstring leaves out an endpoint, and what is missing from it.

    A request is to name its verb and path (`GET /v2/status/news`), an answer those of a request that it answers.
    """
    wrong: dict[type, tuple[str | None, str | None]] = {}
    answers: dict[type, list[str]] = {}
    for request in get_all_request_types(_MODELS):
        endpoint = f"{request.get_http_method()} {request.get_api_endpoint_subpath()}"
        _note(wrong, request, [endpoint])
        for answer in request.get_success_status_response_pairs().values():
            answers.setdefault(answer, []).append(endpoint)
    for answer, endpoints in answers.items():
        _note(wrong, answer, endpoints)
    return wrong


def _note(wrong: dict[type, tuple[str | None, str | None]], model: type, endpoints: Iterable[str]) -> None:
    docstring = model.__dict__.get("__doc__")
    wanted = list(endpoints)
    if not any(endpoint in (docstring or "") for endpoint in wanted):
        wrong[model] = (docstring, " or ".join(wanted))
