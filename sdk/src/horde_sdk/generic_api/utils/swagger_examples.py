"""Examples of what a Swagger 2.0 document describes: as given there, else the plainest value that is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from horde_sdk.generic_api.utils.swagger_models import (
    SwaggerEndpointMethodParameterSchema,
    SwaggerModelAdditionalProperty,
    SwaggerModelDefinition,
    SwaggerModelDefinitionSchemaValidation,
    SwaggerModelProperty,
    SwaggerModelRef,
    SwaggerSchemaValidationMethod,
    name_of_ref,
)

Definitions = Mapping[str, SwaggerModelDefinition | SwaggerModelDefinitionSchemaValidation]

_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_ANY_KEY = "*"
"""How the document calls a field that stands for all keys."""

_FORMATS = {"date-time": "2021-01-01T00:00:00Z", "date": "2021-01-01"}


def resolve_swagger_type_name(type_name: str) -> type:
    """Return the Python type for a type of Swagger.

    Raises:
        KeyError: It is none of Swagger's.
    """
    return _TYPES[type_name]


def default_swagger_value_from_type_name(type_name: str) -> object:
    """Return the empty value of a type of Swagger.

    Raises:
        KeyError: It is none of Swagger's.
    """
    empty: object = _TYPES[type_name]()
    return empty


def plainest_value(model_property: SwaggerModelProperty) -> object:
    """Return the example of a field, its default, or the plainest value that its limits allow; models are left out."""
    for given in (model_property.example, model_property.default, *(model_property.enum or ())):
        if given is not None:
            return given
    if model_property.format_ in _FORMATS:
        return _FORMATS[model_property.format_]
    match model_property.type_:
        case "string":
            length = model_property.minLength
            return "a" * ((model_property.maxLength or 0) if length is None else length)
        case "integer" | "number":
            limit = model_property.maximum if model_property.minimum is None else model_property.minimum
            number = _next_multiple(limit or 0.0, model_property.multipleOf)
            return int(number) if model_property.type_ == "integer" else number
        case None:
            return None
        case other:
            return default_swagger_value_from_type_name(other)


def _next_multiple(least: float, of: float | None) -> float:
    return least if not of else -(-least // of) * of


def _free_keys(field: SwaggerModelProperty) -> dict[str, object]:
    """Return an example of an object whose keys are free, as Swagger's own pages show it."""
    values = field.additionalProperties
    kind = values.type_ if isinstance(values, SwaggerModelAdditionalProperty) and values.type_ else "object"
    return {f"additionalProp{number}": default_swagger_value_from_type_name(kind) for number in (1, 2, 3)}


class ExampleWriter:
    """Writes examples of a document's models."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def of_model(self, name: str, *, within: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return an example of a model; one that contains itself ends where it would begin again.

        Args:
            name: The model.
            within: The models that it is part of.

        Raises:
            KeyError: The document does not define it.
        """
        if name in within:
            return {}
        return self._of_definition(self._definitions[name], within=(*within, name))

    def _of_definition(
        self,
        definition: SwaggerModelDefinition | SwaggerModelDefinitionSchemaValidation | SwaggerModelRef,
        *,
        within: tuple[str, ...],
    ) -> dict[str, Any]:
        if isinstance(definition, SwaggerModelRef):
            return self.of_model(name_of_ref(definition.ref), within=within) if definition.ref else {}
        if isinstance(definition, SwaggerModelDefinition):
            example: dict[str, Any] = {}
            for name, field in (definition.properties or {}).items():
                example.update(
                    _free_keys(field) if name == _ANY_KEY else {name: self.of_property(field, within=within)}
                )
            return example
        method, parts = definition.get_model_definitions()
        wanted = parts if method is SwaggerSchemaValidationMethod.allOf else parts[:1]
        merged: dict[str, Any] = {}
        for part in wanted:
            merged.update(self._of_definition(part, within=within))
        return merged

    def of_property(self, field: SwaggerModelProperty, *, within: tuple[str, ...] = ()) -> object:
        """Return an example of a field."""
        if field.ref:
            return self.of_model(name_of_ref(field.ref), within=within)
        if field.example is None and field.default is None:
            if field.type_ == "array" and field.items is not None:
                items = field.items if isinstance(field.items, list) else [field.items]
                return [self.of_property(item, within=within) for item in items]
            if field.properties:
                return {name: self.of_property(part, within=within) for name, part in field.properties.items()}
        return plainest_value(field)

    def of_anonymous_body(self, schema: SwaggerEndpointMethodParameterSchema) -> dict[str, Any]:
        """Return an example of a body that has no model."""
        return {
            name: self.of_property(SwaggerModelProperty.model_validate(field.model_dump(by_alias=True)))
            for name, field in (schema.properties or {}).items()
        }
