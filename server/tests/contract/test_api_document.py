"""Our own document: every input has a limit, every example works as it stands, operations stand under headings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hordes import Horde

from horde_server.http.introduction import ORDER

pytestmark = pytest.mark.asyncio(loop_scope="module")

Document = dict[str, Any]
BOUNDED = {"maxLength", "enum", "const", "format"}
ALTERNATIVES = ("anyOf", "oneOf", "allOf")
UNTYPED = {"reset_suspicion", "generate_proxy_passkey", "undelete"}
"""Fields that count by being there, whatever their value: the original takes any."""


@pytest.fixture(scope="module")
def module_settings() -> dict[str, Any]:
    """The first account is an administrator."""
    return {"admins": ["ada#1"]}


def unlimited(schema: Document, schemas: dict[str, Document], path: str) -> Iterator[str]:
    """The places below a schema that take as much as anybody likes."""
    if reference := schema.get("$ref"):
        yield from unlimited(schemas[reference.rpartition("/")[2]], schemas, path)
        return
    for choice in (choice for key in ALTERNATIVES for choice in schema.get(key, ())):
        yield from unlimited(choice, schemas, path)
    match schema.get("type"):
        case "array":
            if "maxItems" not in schema:
                yield f"{path}: maxItems"
            yield from unlimited(schema["items"], schemas, f"{path}[]")
        case "string" if not BOUNDED & schema.keys():
            yield f"{path}: maxLength"
        case "integer" | "number" if "enum" not in schema and not {"minimum", "maximum"} <= schema.keys():
            yield f"{path}: minimum and maximum"
        case "object":
            if "properties" not in schema and "maxProperties" not in schema:
                yield f"{path}: maxProperties"
            for name, field in schema.get("properties", {}).items():
                yield from unlimited(field, schemas, f"{path}.{name}")
        case None if not {"enum", "const", *ALTERNATIVES} & schema.keys() and path.rpartition(".")[2] not in UNTYPED:
            yield f"{path}: type"


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, found in document["paths"].items():
        for method, operation in found.items():
            yield method, path, operation


class TestLimits:
    async def test_every_field_of_every_body_has_a_limit(self, module_horde: Horde) -> None:
        document = (await module_horde.client.get("/openapi.json")).json()
        schemas = document["components"]["schemas"]
        bodies = {
            f"{method} {path}": operation["requestBody"]["content"]["application/json"]["schema"]
            for method, path, operation in operations(document)
            if "requestBody" in operation
        }

        assert len(bodies) >= 20
        assert [fault for name, schema in bodies.items() for fault in unlimited(schema, schemas, name)] == []

    async def test_every_parameter_has_a_limit(self, module_horde: Horde) -> None:
        document = (await module_horde.client.get("/openapi.json")).json()
        faults = [
            fault
            for method, path, operation in operations(document)
            for parameter in operation.get("parameters", ())
            for fault in unlimited(parameter["schema"], {}, f"{method} {path} {parameter['name']}")
        ]

        assert faults == []

    async def test_longer_parameters_are_refused_by_name(self, module_horde: Horde) -> None:
        for path, name in (
            ("workers?name=" + "x" * 201, "name"),
            ("workers/" + "x" * 1001, "worker_id"),
            ("workers/name/" + "x" * 1001, "worker_name"),
            ("status/models/" + "x" * 1001, "model_name"),
            ("status/models?type=" + "x" * 31, "type"),
            ("generate/check/" + "x" * 1001, "id"),
            ("users/" + "1" * 1001, "user_id"),
        ):
            answer = await module_horde.client.get(f"/api/v2/{path}")
            assert answer.status_code == 400, path
            assert list(answer.json()["errors"]) == [name]
            assert "at most" in answer.json()["errors"][name]

    @pytest.mark.parametrize("path", ["generate/async", "generate/pop", "kudos/transfer"])
    async def test_longer_keys_are_refused(self, module_horde: Horde, path: str) -> None:
        answer = await module_horde.client.post(f"/api/v2/{path}", json=_some(path), headers={"apikey": "k" * 256})
        assert answer.json()["errors"] == {"apikey": "must have at most 255 characters"}


def _some(path: str) -> Document:
    return {
        "generate/async": {"prompt": "x"},
        "generate/pop": {"name": "worker"},
        "kudos/transfer": {"username": "x#1"},
    }[path]


class TestExamples:
    """What `Try it out` → `Execute` sends."""

    async def test_every_body_has_one_that_is_taken_as_it_stands(self, module_horde: Horde) -> None:
        """None is 400: each does what it says, or is refused for what the example cannot have (an id, a role)."""
        horde = module_horde
        admin = await horde.account("ada", moderator=True, kudos=1000)
        await horde.account("friend")
        assert admin.id == 1
        sent = 0
        document = (await horde.client.get("/api/swagger.json")).json()
        for method, path, operation in operations(document):
            examples = {each["name"]: each.get("x-example") for each in operation["parameters"] if each["in"] == "path"}
            body = next((each["schema"] for each in operation["parameters"] if each["in"] == "body"), None)
            if body is None:
                continue
            example = document["definitions"][body["$ref"].rpartition("/")[2]]["example"]
            answer = await horde.client.request(
                method, f"/api{path.format(**examples)}", json=example, headers={"apikey": admin.api_key}
            )
            sent += 1
            no_such_key = {401} if "sharedkey_id" in examples else set()  # the id of a shared key is a key
            assert answer.status_code in {200, 201, 202, 403, 404} | no_such_key, (method, path, answer.text)
            assert "warnings" not in answer.json() or {"NoAvailableWorker"} == {
                each["code"] for each in answer.json()["warnings"]
            }
        assert sent >= 20

    async def test_requests_are_taken_from_anonymous(self, module_horde: Horde) -> None:
        document = (await module_horde.client.get("/openapi.json")).json()
        for path in ("/api/v2/generate/async", "/api/v2/generate/text/async", "/api/v2/interrogate/async"):
            operation = document["paths"][path]["post"]
            key = next(each["example"] for each in operation["parameters"] if each["name"] == "apikey")
            body = operation["requestBody"]["content"]["application/json"]["example"]
            answer = await module_horde.client.post(path, json=body, headers={"apikey": key})
            assert answer.status_code == 202, answer.text

    async def test_every_path_parameter_has_one(self, module_horde: Horde) -> None:
        document = (await module_horde.client.get("/openapi.json")).json()
        for _, path, operation in operations(document):
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    assert "example" in parameter, path


class TestTheShapeOfThePage:
    async def test_it_begins_with_a_sentence_and_stands_under_headings(self, module_horde: Horde) -> None:
        for address in ("/openapi.json", "/api/swagger.json"):
            document = (await module_horde.client.get(address)).json()
            assert document["info"]["description"].startswith("Ask this horde for images")
            assert [tag["name"] for tag in document["tags"]] == list(ORDER)
            assert {tag for *_, operation in operations(document) for tag in operation["tags"]} == set(ORDER)

    async def test_whoever_has_a_key_can_authorize(self, module_horde: Horde) -> None:
        openapi = (await module_horde.client.get("/openapi.json")).json()
        swagger = (await module_horde.client.get("/api/swagger.json")).json()
        for schemes in (openapi["components"]["securitySchemes"], swagger["securityDefinitions"]):
            assert {key: schemes["apikey"][key] for key in ("type", "in", "name")} == {
                "type": "apiKey",
                "in": "header",
                "name": "apikey",
            }
        for document in (openapi, swagger):
            for *_, operation in operations(document):
                takes_key = any(each["name"] == "apikey" for each in operation.get("parameters", ()))
                assert operation.get("security") == ([{"apikey": []}] if takes_key else None)
