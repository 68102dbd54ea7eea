"""Reading the API's own description, a Swagger 2.0 document, and writing examples of what it describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from horde_sdk.consts import HTTPMethod, HTTPStatusCode, is_success_status_code
from horde_sdk.generic_api.utils.swagger_examples import (
    ExampleWriter,
    default_swagger_value_from_type_name,
    plainest_value,
    resolve_swagger_type_name,
)
from horde_sdk.generic_api.utils.swagger_models import (
    SwaggerDefinition,
    SwaggerDocInfo,
    SwaggerDocResponseItem,
    SwaggerDocTagsItem,
    SwaggerEndpoint,
    SwaggerEndpointMethod,
    SwaggerEndpointMethodParameter,
    SwaggerEndpointMethodParameterSchema,
    SwaggerEndpointMethodParameterSchemaProperty,
    SwaggerEndpointMethodParameterSchemaRef,
    SwaggerEndpointParameter,
    SwaggerEndpointResponse,
    SwaggerEndpointResponseSchema,
    SwaggerEndpointResponseSchemaItem,
    SwaggerModelAdditionalProperty,
    SwaggerModelDefinition,
    SwaggerModelDefinitionSchemaValidation,
    SwaggerModelEntry,
    SwaggerModelProperty,
    SwaggerModelRef,
    SwaggerSchemaValidationMethod,
    _SwaggerPart,
    name_of_ref,
)

__all__ = [
    "SwaggerDoc",
    "SwaggerDocInfo",
    "SwaggerDocResponseItem",
    "SwaggerDocTagsItem",
    "SwaggerEndpoint",
    "SwaggerEndpointMethod",
    "SwaggerEndpointMethodParameter",
    "SwaggerEndpointMethodParameterSchema",
    "SwaggerEndpointMethodParameterSchemaProperty",
    "SwaggerEndpointMethodParameterSchemaRef",
    "SwaggerEndpointParameter",
    "SwaggerEndpointResponse",
    "SwaggerEndpointResponseSchema",
    "SwaggerEndpointResponseSchemaItem",
    "SwaggerModelAdditionalProperty",
    "SwaggerModelDefinition",
    "SwaggerModelDefinitionSchemaValidation",
    "SwaggerModelEntry",
    "SwaggerModelProperty",
    "SwaggerModelRef",
    "SwaggerParser",
    "SwaggerSchemaValidationMethod",
    "default_swagger_value_from_type_name",
    "resolve_swagger_type_name",
]

FETCH_TIMEOUT_S = 30

Example = dict[str, object] | list[Any]


class SwaggerDoc(_SwaggerPart):
    """A Swagger 2.0 document."""

    model_config = ConfigDict(extra="allow", validate_by_name=True, validate_by_alias=True)

    swagger: str
    basePath: str
    paths: dict[str, SwaggerEndpoint]
    info: SwaggerDocInfo
    produces: list[str]
    consumes: list[str]
    tags: list[SwaggerDocTagsItem] | None = None
    responses: dict[str, SwaggerDocResponseItem] | None = None
    definitions: dict[str, SwaggerDefinition]

    @property
    def _writer(self) -> ExampleWriter:
        return ExampleWriter(self.definitions)

    def get_all_response_examples(self) -> dict[str, dict[HTTPMethod, dict[HTTPStatusCode, Example]]]:
        """Return an example of every answer by path, verb and status."""
        found = {path: self.get_endpoint_examples(endpoint) for path, endpoint in self.paths.items()}
        return {path: by_method for path, by_method in found.items() if by_method}

    def get_endpoint_examples(self, endpoint: SwaggerEndpoint) -> dict[HTTPMethod, dict[HTTPStatusCode, Example]]:
        """Return an example of every answer of an endpoint by verb and status."""
        found = {
            HTTPMethod(name.upper()): self.get_endpoint_method_examples(method)
            for name, method in endpoint.get_defined_endpoints().items()
        }
        return {method: by_status for method, by_status in found.items() if by_status}

    def get_endpoint_method_examples(
        self, endpoint_method_definition: SwaggerEndpointMethod
    ) -> dict[HTTPStatusCode, Example]:
        """Return an example of every answer of a method by status; answers without a model are left out."""
        return {
            HTTPStatusCode(int(status)): self.get_response_example(response)
            for status, response in (endpoint_method_definition.responses or {}).items()
            if status.isdigit() and response.model_names
        }

    def get_response_example(self, response_definition: SwaggerEndpointResponse) -> Example:
        """Return an example of an answer, `{}` for one without a model."""
        schema = response_definition.schema_
        if schema is None:
            return {}
        if schema.ref:
            return self._writer.of_model(name_of_ref(schema.ref))
        if schema.items is not None and schema.items.ref:
            return [self._writer.of_model(name_of_ref(schema.items.ref))]
        return {}

    def get_all_payload_examples(self) -> dict[str, dict[HTTPMethod, dict[str, object]]]:
        """Return an example of every body by path and verb."""
        found: dict[str, dict[HTTPMethod, dict[str, object]]] = {}
        for path, endpoint in self.paths.items():
            for name, method in endpoint.get_defined_endpoints().items():
                body = method.body
                if body is None:
                    continue
                example = (
                    self._writer.of_anonymous_body(body)
                    if isinstance(body, SwaggerEndpointMethodParameterSchema)
                    else self._writer.of_model(name_of_ref(body.ref or ""))
                )
                found.setdefault(path, {})[HTTPMethod(name.upper())] = example
        return found

    @staticmethod
    def filename_from_endpoint_path(
        endpoint_path: str, http_method: HTTPMethod, *, http_status_code: HTTPStatusCode | None = None
    ) -> str:
        """Return the name of an example's file without its ending, such as `_v2_generate_check_id_get_200`."""
        words = [*endpoint_path.replace("{", "").replace("}", "").split("/"), http_method.lower()]
        if http_status_code is not None:
            words.append(str(int(http_status_code)))
        return "_" + "_".join(word for word in words if word)

    def get_all_verbs_for_endpoint(self, endpoint_path: str) -> list[HTTPMethod]:
        """Return the verbs of a path, none for an unknown one."""
        endpoint = self.paths.get(endpoint_path)
        return [] if endpoint is None else [HTTPMethod(name.upper()) for name in endpoint.get_defined_endpoints()]

    def write_all_payload_examples_to_file(self, directory: str | Path) -> bool:
        """Write an example of every body into a folder, which is made if need be, and return whether there was any."""
        examples = {
            self.filename_from_endpoint_path(path, method): example
            for path, by_method in self.get_all_payload_examples().items()
            for method, example in by_method.items()
        }
        return _write(Path(directory), examples)

    def write_all_response_examples_to_file(self, directory: str | Path, *, error_responses: bool = False) -> bool:
        """Write an example of every answer into a folder, which is made if need be, and return whether there was any.

        Args:
            directory: Where to.
            error_responses: Write those of refusals too.
        """
        examples = {
            self.filename_from_endpoint_path(path, method, http_status_code=status): example
            for path, by_method in self.get_all_response_examples().items()
            for method, by_status in by_method.items()
            for status, example in by_status.items()
            if error_responses or is_success_status_code(status)
        }
        return _write(Path(directory), examples)

    def get_default_with_constraint(self, model_property: SwaggerModelProperty, prop_name: str | None = None) -> object:
        """Return the example of a field, its default, or the plainest value that its limits allow.

        Args:
            model_property: The field.
            prop_name: Its name; it makes no difference.
        """
        return plainest_value(model_property)


def _write(directory: Path, examples: dict[str, Any]) -> bool:
    directory.mkdir(parents=True, exist_ok=True)
    for name, example in examples.items():
        (directory / f"{name}.json").write_text(json.dumps(example, indent=4) + "\n", encoding="utf-8")
    return bool(examples)


class SwaggerParser:
    """Reads a Swagger 2.0 document from a file or an address.

    Example:
        ```python
        doc = SwaggerParser(swagger_doc_url=get_ai_horde_swagger_url()).get_swagger_doc()
        doc.get_all_payload_examples()["/v2/generate/async"]
        ```
    """

    def __init__(self, *, swagger_doc_url: str | None = None, swagger_doc_path: str | Path | None = None) -> None:
        """Fetch the document.

        Args:
            swagger_doc_url: Its address.
            swagger_doc_path: Its file, which is preferred to the address.

        Raises:
            ValueError: Neither is given, or what is there is not JSON.
            RuntimeError: There is no such file, or the address answers with an error.
            requests.RequestException: The address does not answer.
        """
        if swagger_doc_path is not None:
            self._content = _from_file(Path(swagger_doc_path))
        elif swagger_doc_url is not None:
            self._content = _from_address(swagger_doc_url)
        else:
            raise ValueError("a SwaggerParser wants a swagger_doc_url or a swagger_doc_path")

    def get_swagger_doc(self) -> SwaggerDoc:
        """Return the document.

        Raises:
            pydantic.ValidationError: It is not a Swagger 2.0 document.
        """
        return SwaggerDoc.model_validate(self._content)

    def get_all_examples(self) -> dict[str, dict[str, object]]:
        """Return an example of every model by name."""
        definitions = self.get_swagger_doc().definitions
        writer = ExampleWriter(definitions)
        return {name: writer.of_model(name) for name in definitions}


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise RuntimeError(f"Failed to find swagger.json at {path}")
    return json.loads(path.read_text(encoding="utf-8"))


def _from_address(url: str) -> Any:
    import requests

    answer = requests.get(url, timeout=FETCH_TIMEOUT_S)
    if not answer.ok:
        raise RuntimeError(f"Failed to fetch {url}: HTTP {answer.status_code}")
    return answer.json()
