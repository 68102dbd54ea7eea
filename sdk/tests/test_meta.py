"""The tools that hold the models against the API's document find what is amiss, and find nothing amiss with ours."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from fake_horde import FakeHorde, Reply

from horde_sdk import meta
from horde_sdk.ai_horde_api import apimodels
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod, HTTPStatusCode
from horde_sdk.generic_api.apimodels import HordeAPIObject, HordeRequest


def a_document(**changes: Any) -> dict[str, Any]:
    answer = {"200": {"description": "ok", "schema": {"$ref": "#/definitions/GenerationSubmitted"}}}
    return {
        "swagger": "2.0",
        "basePath": "/api",
        "info": {},
        "produces": [],
        "consumes": [],
        "paths": {"/v2/generate/submit": {"post": {"responses": answer}}},
        "definitions": {"GenerationSubmitted": {"type": "object"}},
        **changes,
    }


def serve(horde: FakeHorde, *, times: int = 1, **changes: Any) -> None:
    horde.will_answer("GET /swagger.json", *[Reply(200, a_document(**changes))] * times)


def test_models_explain_themselves_and_their_fields() -> None:
    assert meta.all_models_missing_docstrings() == set()
    assert meta.all_model_and_fields_missing_docstrings() == {}
    assert meta.all_models_non_conforming_docstrings() == {}


@pytest.mark.parametrize("super_type", [HordeAPIObject, HordeRequest])
def test_every_model_is_exported(super_type: type) -> None:
    assert meta.any_unimported_classes(apimodels, super_type) == (False, set())


def test_class_that_is_not_exported_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    exported = apimodels.__all__  # type: ignore[attr-defined]
    monkeypatch.setattr(apimodels, "__all__", [name for name in exported if name != "NewsRequest"])

    assert meta.any_unimported_classes(apimodels, HordeRequest) == (True, {apimodels.NewsRequest})


def test_endpoints_without_a_request_are_those_that_nobody_needs() -> None:
    assert meta.all_unaddressed_endpoints_ai_horde() <= {
        AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_pop_multi,
        AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_ipaddr_single,
        AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_modes,
    }


def test_new_endpoint_of_the_api_is_found(horde: FakeHorde) -> None:
    serve(horde)
    assert meta.all_unknown_endpoints_ai_horde() == set()

    serve(horde, paths={"/v2/brand/new": {"get": {"responses": {}}}})
    assert meta.all_unknown_endpoints_ai_horde() == {"/v2/brand/new"}


def test_model_that_no_class_is_is_found(horde: FakeHorde) -> None:
    serve(horde, times=2)
    assert (meta.all_undefined_classes(apimodels), meta.all_undefined_classes_for_endpoints(apimodels)) == ([], {})

    nothing = ModuleType("nothing")
    serve(horde, times=2)
    assert meta.all_undefined_classes(nothing) == ["GenerationSubmitted"]
    assert meta.all_undefined_classes_for_endpoints(nothing) == {"GenerationSubmitted": "/v2/generate/submit"}


def test_findings_are_compared_by_what_was_found() -> None:
    def an_answer(status: HTTPStatusCode) -> meta.FoundResponseInfo:
        return meta.FoundResponseInfo(
            response=apimodels.NewsResponse,
            api_model_name=None,
            parent_request=apimodels.NewsRequest,
            http_status_code=status,
            endpoint="/v2/status/news",
            http_method=HTTPMethod.GET,
        )

    ok, again, other = (an_answer(HTTPStatusCode(status)) for status in (200, 200, 202))
    assert (ok == again, ok == other, len({ok, again, other})) == (True, False, 2)
    mixins = {meta.FoundMixinInfo(mixin=kind, api_model_name=None) for kind in (int, int, str)}
    assert len(mixins) == 2
