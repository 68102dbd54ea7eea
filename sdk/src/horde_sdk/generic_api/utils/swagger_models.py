"""The parts of a Swagger 2.0 document. Keys that are not named here are kept as they are."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from enum import auto
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from horde_sdk._text_enum import TextEnum
from horde_sdk.consts import HTTPMethod

_METHODS = ("get", "post", "put", "delete", "patch", "options", "head")


class _SwaggerPart(BaseModel):
    model_config = ConfigDict(extra="allow", validate_by_name=True, validate_by_alias=True)


class SwaggerDocInfo(_SwaggerPart):
    """What the document is about."""

    title: str | None = None
    version: str | None = None
    description: str | None = None


class SwaggerDocTagsItem(_SwaggerPart):
    """A group of endpoints."""

    name: str | None = None
    description: str | None = None


class SwaggerDocResponseItem(_SwaggerPart):
    """An answer that several endpoints share."""

    description: str | None = None


class SwaggerModelAdditionalProperty(_SwaggerPart):
    """What the values of an object with free keys are."""

    type_: str | None = Field(default=None, alias="type")
    description: str | None = None


class SwaggerModelProperty(_SwaggerPart):
    """A field of a model."""

    type_: str | None = Field(default=None, alias="type")
    description: str | None = None
    title: str | None = None
    default: object | None = None
    example: object | None = None
    format_: str | None = Field(default=None, alias="format")
    enum: list[Any] | None = None
    ref: str | None = Field(default=None, alias="$ref")
    minimum: float | None = None
    maximum: float | None = None
    minLength: int | None = None
    maxLength: int | None = None
    multipleOf: float | None = None
    uniqueItems: bool | None = None
    additionalProperties: SwaggerModelAdditionalProperty | bool | None = None
    items: SwaggerModelProperty | list[SwaggerModelProperty] | None = None
    properties: dict[str, SwaggerModelProperty] | None = None


class SwaggerModelRef(_SwaggerPart):
    """A reference to a model."""

    ref: str | None = Field(default=None, alias="$ref")

    @model_validator(mode="after")
    def refers_to_something(self) -> Self:
        """Refuse what is no reference, so that it is read as something else."""
        if self.ref is None:
            raise ValueError("a reference wants $ref")
        return self


class SwaggerModelEntry(_SwaggerPart, ABC):
    """A model."""


class SwaggerModelDefinition(SwaggerModelEntry):
    """A model with its own fields."""

    type_: str | None = Field(default=None, alias="type")
    properties: dict[str, SwaggerModelProperty] | None = None
    required: list[str] | None = None


class SwaggerSchemaValidationMethod(TextEnum):
    """How a model is put together from others."""

    allOf = auto()
    oneOf = auto()
    anyOf = auto()


_Part = Annotated[SwaggerModelRef | SwaggerModelDefinition, Field(union_mode="left_to_right")]


class SwaggerModelDefinitionSchemaValidation(SwaggerModelEntry):
    """A model that is put together from others, in one way."""

    allOf: list[_Part] | None = None
    oneOf: list[_Part] | None = None
    anyOf: list[_Part] | None = None

    def get_validation_method(self) -> SwaggerSchemaValidationMethod | None:
        """Return how it is put together."""
        return next((method for method in SwaggerSchemaValidationMethod if getattr(self, method)), None)

    def get_model_definitions(
        self,
    ) -> tuple[SwaggerSchemaValidationMethod, list[SwaggerModelDefinition | SwaggerModelRef]]:
        """Return how it is put together, and from what."""
        method = self.get_validation_method()
        assert method is not None, "the validator has seen to it"
        return method, list(getattr(self, method))

    @model_validator(mode="after")
    def validate_schema_validation_methods(self) -> Self:
        """Refuse a model that is put together in no way, or in several."""
        used = [method for method in SwaggerSchemaValidationMethod if getattr(self, method) is not None]
        if len(used) != 1:
            raise ValueError(f"one of allOf, oneOf, anyOf is wanted, not {len(used)} of them")
        return self


SwaggerDefinition = Annotated[
    SwaggerModelDefinitionSchemaValidation | SwaggerModelDefinition, Field(union_mode="left_to_right")
]
"""Any model. What is not put together from others has its own fields."""


class SwaggerEndpointParameter(_SwaggerPart):
    """A parameter of all methods of an endpoint."""

    name: str | None = None
    in_: str = Field(default="", alias="in")
    description: str | None = None
    required: bool | None = None
    type_: str | None = Field(default=None, alias="type")


class SwaggerEndpointMethodParameterSchemaProperty(_SwaggerPart):
    """A field of a body that has no model."""

    type_: str | None = Field(default=None, alias="type")
    format_: str | None = Field(default=None, alias="format")


class SwaggerEndpointMethodParameterSchema(_SwaggerPart):
    """A body that has no model."""

    type_: str | None = Field(default=None, alias="type")
    properties: dict[str, SwaggerEndpointMethodParameterSchemaProperty] | None = None


class SwaggerEndpointMethodParameterSchemaRef(_SwaggerPart):
    """The model of a body."""

    ref: str | None = Field(alias="$ref")


class SwaggerEndpointMethodParameter(_SwaggerPart):
    """A parameter of one method, or its body."""

    name: str | None = None
    in_: str = Field(default="", alias="in")
    description: str | None = None
    required: bool | None = None
    schema_: SwaggerEndpointMethodParameterSchemaRef | SwaggerEndpointMethodParameterSchema | None = Field(
        default=None, alias="schema", union_mode="left_to_right"
    )
    default: object | None = None
    type_: str | None = Field(default=None, alias="type")
    format_: str | None = Field(default=None, alias="format")


class SwaggerEndpointResponseSchemaItem(_SwaggerPart):
    """The model of each item of an answer that is a list."""

    ref: str | None = Field(default=None, alias="$ref")


class SwaggerEndpointResponseSchema(_SwaggerPart):
    """The model of an answer."""

    ref: str | None = Field(default=None, alias="$ref")
    type_: str | None = Field(default=None, alias="type")
    items: SwaggerEndpointResponseSchemaItem | None = None


class SwaggerEndpointResponse(_SwaggerPart):
    """An answer."""

    description: str
    schema_: SwaggerEndpointResponseSchema | None = Field(default=None, alias="schema")

    @property
    def model_names(self) -> list[str]:
        """The names of the models that it refers to."""
        if self.schema_ is None:
            return []
        item = self.schema_.items
        return [name_of_ref(ref) for ref in (self.schema_.ref, item.ref if item else None) if ref]


class SwaggerEndpointMethod(_SwaggerPart):
    """What one method of an endpoint takes and answers."""

    summary: str | None = None
    description: str | None = None
    operation_id: str | None = Field(default=None, alias="operationId")
    parameters: list[SwaggerEndpointMethodParameter] | None = None
    responses: dict[str, SwaggerEndpointResponse] | None = None
    tags: list[str] | None = None

    @property
    def body(self) -> SwaggerEndpointMethodParameterSchemaRef | SwaggerEndpointMethodParameterSchema | None:
        """What its body is, `None` where it has none."""
        bodies = (parameter.schema_ for parameter in self.parameters or () if parameter.in_ == "body")
        return next((schema for schema in bodies if schema is not None), None)


class SwaggerEndpoint(_SwaggerPart):
    """A path and its methods."""

    parameters: list[SwaggerEndpointParameter] | None = None
    get: SwaggerEndpointMethod | None = None
    post: SwaggerEndpointMethod | None = None
    put: SwaggerEndpointMethod | None = None
    delete: SwaggerEndpointMethod | None = None
    patch: SwaggerEndpointMethod | None = None
    options: SwaggerEndpointMethod | None = None
    head: SwaggerEndpointMethod | None = None

    @model_validator(mode="before")
    @classmethod
    def at_least_one_method_specified(cls, given: Any) -> Any:
        """Refuse an endpoint that takes nothing."""
        if isinstance(given, dict) and not any(given.get(method) for method in _METHODS):
            raise ValueError("an endpoint wants at least one method")
        return given

    def get_endpoint_method_from_http_method(self, http_method: HTTPMethod | str) -> SwaggerEndpointMethod | None:
        """Return what a method takes and answers, `None` where the endpoint lacks it."""
        name = http_method.lower()
        found: SwaggerEndpointMethod | None = getattr(self, name) if name in _METHODS else None
        return found

    def get_defined_endpoints(self) -> dict[str, SwaggerEndpointMethod]:
        """Return its methods by lower-case name."""
        return {name: method for name in _METHODS if (method := getattr(self, name)) is not None}

    def get_all_request_models(self) -> list[str]:
        """Return the names of the models of its methods' bodies."""
        bodies = (method.body for method in self.get_defined_endpoints().values())
        return [
            name_of_ref(body.ref)
            for body in bodies
            if isinstance(body, SwaggerEndpointMethodParameterSchemaRef) and body.ref
        ]

    def get_all_response_models(self) -> list[str]:
        """Return the names of the models of its methods' answers."""
        return list(self._response_models())

    def _response_models(self) -> Iterator[str]:
        for method in self.get_defined_endpoints().values():
            for response in (method.responses or {}).values():
                yield from response.model_names


def name_of_ref(ref: str) -> str:
    """Return the name of the model that `#/definitions/Name` refers to."""
    return ref.rsplit("/", 1)[-1]
