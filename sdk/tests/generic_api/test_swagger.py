"""Reading a Swagger 2.0 document and writing examples of what it describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_horde import FakeHorde, Reply
from pydantic import ValidationError

from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.utils.swagger import (
    SwaggerDoc,
    SwaggerModelDefinitionSchemaValidation,
    SwaggerModelProperty,
    SwaggerParser,
    SwaggerSchemaValidationMethod,
    default_swagger_value_from_type_name,
    resolve_swagger_type_name,
)

DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "basePath": "/api",
    "info": {"title": "A horde", "version": "2.5"},
    "produces": ["application/json"],
    "consumes": ["application/json"],
    "host": "unknown keys are no harm",
    "paths": {
        "/v2/jobs/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "type": "string"}],
            "get": {
                "responses": {
                    "200": {"description": "ok", "schema": {"$ref": "#/definitions/Job"}},
                    "404": {"description": "none", "schema": {"$ref": "#/definitions/Error"}},
                    "default": {"description": "anything"},
                }
            },
            "put": {
                "parameters": [{"name": "payload", "in": "body", "schema": {"$ref": "#/definitions/Order"}}],
                "responses": {
                    "201": {"description": "made", "schema": {"type": "array", "items": {"$ref": "#/definitions/Job"}}}
                },
            },
        },
        "/v2/award": {
            "post": {
                "parameters": [
                    {"name": "apikey", "in": "header", "type": "string"},
                    {
                        "name": "payload",
                        "in": "body",
                        "schema": {
                            "type": "object",
                            "properties": {"username": {"type": "string"}, "amount": {"type": "integer"}},
                        },
                    },
                ],
                "responses": {"204": {"description": "done"}},
            }
        },
    },
    "definitions": {
        "Error": {
            "type": "object",
            "properties": {"message": {"type": "string"}, "rc": {"type": "string", "example": "Oops"}},
        },
        "Size": {
            "type": "object",
            "required": ["width"],
            "properties": {"width": {"type": "integer", "minimum": 60, "multipleOf": 64}},
        },
        "Order": {
            "allOf": [
                {"$ref": "#/definitions/Size"},
                {
                    "properties": {
                        "prompt": {"type": "string", "minLength": 2},
                        "tags": {"type": "array", "items": {"type": "string", "enum": ["x"]}},
                    }
                },
            ]
        },
        "Job": {
            "type": "object",
            "properties": {"order": {"$ref": "#/definitions/Order"}, "parent": {"$ref": "#/definitions/Job"}},
        },
        "Free": {"type": "object", "properties": {"*": {"type": "object", "additionalProperties": {"type": "string"}}}},
    },
}

ORDER = {"width": 64, "prompt": "aa", "tags": ["x"]}
JOB = {"order": ORDER, "parent": {}}


@pytest.fixture
def doc(tmp_path: Path) -> SwaggerDoc:
    (tmp_path / "swagger.json").write_text(json.dumps(DOCUMENT))
    return SwaggerParser(swagger_doc_path=tmp_path / "swagger.json").get_swagger_doc()


def test_answers_have_examples_by_path_verb_and_status(doc: SwaggerDoc) -> None:
    assert doc.get_all_response_examples() == {
        "/v2/jobs/{id}": {
            HTTPMethod.GET: {HTTPStatusCode.OK: JOB, HTTPStatusCode.NOT_FOUND: {"message": "", "rc": "Oops"}},
            HTTPMethod.PUT: {HTTPStatusCode.CREATED: [JOB]},
        }
    }


def test_bodies_have_examples_with_and_without_a_model(doc: SwaggerDoc) -> None:
    assert doc.get_all_payload_examples() == {
        "/v2/jobs/{id}": {HTTPMethod.PUT: ORDER},
        "/v2/award": {HTTPMethod.POST: {"username": "", "amount": 0}},
    }


def test_endpoint_knows_its_verbs_and_models(doc: SwaggerDoc) -> None:
    endpoint = doc.paths["/v2/jobs/{id}"]

    assert doc.get_all_verbs_for_endpoint("/v2/jobs/{id}") == [HTTPMethod.GET, HTTPMethod.PUT]
    assert doc.get_all_verbs_for_endpoint("/v2/nothing") == []
    assert list(endpoint.get_defined_endpoints()) == ["get", "put"]
    assert endpoint.get_all_request_models() == ["Order"]
    assert endpoint.get_all_response_models() == ["Job", "Error", "Job"]
    assert endpoint.get_endpoint_method_from_http_method("put") is endpoint.put
    assert endpoint.get_endpoint_method_from_http_method(HTTPMethod.DELETE) is None


def test_put_together_models_are_told_from_others(doc: SwaggerDoc) -> None:
    order = doc.definitions["Order"]

    assert isinstance(order, SwaggerModelDefinitionSchemaValidation)
    method, parts = order.get_model_definitions()
    assert (method, len(parts)) == (SwaggerSchemaValidationMethod.allOf, 2)
    assert not isinstance(doc.definitions["Size"], SwaggerModelDefinitionSchemaValidation)
    with pytest.raises(ValidationError, match="one of allOf, oneOf, anyOf"):
        SwaggerModelDefinitionSchemaValidation.model_validate({"allOf": [], "anyOf": []})


def test_free_keys_are_shown_as_swagger_shows_them(tmp_path: Path) -> None:
    (tmp_path / "swagger.json").write_text(json.dumps(DOCUMENT))
    examples = SwaggerParser(swagger_doc_path=tmp_path / "swagger.json").get_all_examples()

    assert examples["Free"] == {"additionalProp1": "", "additionalProp2": "", "additionalProp3": ""}
    assert set(examples) == set(DOCUMENT["definitions"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "string"}, ""),
        ({"type": "string", "minLength": 3, "maxLength": 9}, "aaa"),
        ({"type": "string", "maxLength": 4}, "aaaa"),
        ({"type": "string", "format": "date-time"}, "2021-01-01T00:00:00Z"),
        ({"type": "string", "enum": ["x", "y"]}, "x"),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "maximum": 3}, 3),
        ({"type": "integer", "minimum": 65, "multipleOf": 64}, 128),
        ({"type": "number", "minimum": 1.5}, 1.5),
        ({"type": "integer", "default": 5, "minimum": 9}, 5),
        ({"type": "integer", "default": 5, "example": 7}, 7),
        ({"type": "boolean", "default": False}, False),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "object"}, {}),
        ({"$ref": "#/definitions/Size"}, None),
    ],
    ids=str,
)
def test_field_without_an_example_gets_the_plainest_value(
    doc: SwaggerDoc, field: dict[str, Any], value: object
) -> None:
    found = doc.get_default_with_constraint(SwaggerModelProperty.model_validate(field))

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("string", str), ("integer", int), ("number", float), ("boolean", bool), ("array", list), ("object", dict)],
)
def test_types_of_swagger_are_types_of_python(name: str, kind: type) -> None:
    assert resolve_swagger_type_name(name) is kind
    assert default_swagger_value_from_type_name(name) == kind()


def test_other_types_are_a_key_error() -> None:
    with pytest.raises(KeyError):
        resolve_swagger_type_name("file")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v2/generate/check/{id}", "_v2_generate_check_id_get"),
        ("/v1/user/ratings/", "_v1_user_ratings_get"),
        ("/v2/styles/image/{style_id}/example/{example_id}", "_v2_styles_image_style_id_example_example_id_get"),
    ],
)
def test_examples_have_the_file_names_of_the_published_suite(path: str, name: str) -> None:
    assert SwaggerDoc.filename_from_endpoint_path(path, HTTPMethod.GET) == name
    status = HTTPStatusCode.ACCEPTED
    assert SwaggerDoc.filename_from_endpoint_path(path, HTTPMethod.GET, http_status_code=status) == f"{name}_202"


@pytest.mark.parametrize(("refusals", "names"), [(False, set()), (True, {"_v2_jobs_id_get_404.json"})])
def test_examples_are_written_to_files(doc: SwaggerDoc, tmp_path: Path, refusals: bool, names: set[str]) -> None:
    bodies, answers = tmp_path / "new" / "bodies", tmp_path / "answers"

    assert doc.write_all_payload_examples_to_file(bodies)
    assert doc.write_all_response_examples_to_file(str(answers), error_responses=refusals)

    assert {file.name for file in bodies.iterdir()} == {"_v2_jobs_id_put.json", "_v2_award_post.json"}
    assert {file.name for file in answers.iterdir()} == {"_v2_jobs_id_get_200.json", "_v2_jobs_id_put_201.json"} | names
    assert json.loads((bodies / "_v2_jobs_id_put.json").read_text()) == ORDER


def test_document_is_fetched_from_an_address(horde: FakeHorde) -> None:
    horde.will_answer("GET /swagger.json", Reply(200, DOCUMENT), Reply(503))

    assert SwaggerParser(swagger_doc_url=f"{horde.url}swagger.json").get_swagger_doc().info.version == "2.5"
    with pytest.raises(RuntimeError, match="HTTP 503"):
        SwaggerParser(swagger_doc_url=f"{horde.url}swagger.json")


def test_parser_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="swagger_doc_url or a swagger_doc_path"):
        SwaggerParser()
    with pytest.raises(RuntimeError, match="Failed to find"):
        SwaggerParser(swagger_doc_path=tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"openapi": "3.1.0"}')
    with pytest.raises(ValidationError):
        SwaggerParser(swagger_doc_path=tmp_path / "other.json").get_swagger_doc()
