"""What looks at the package from outside finds it whole, although it is loaded bit by bit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pkgutil import walk_packages

import pytest
from request_table import REQUESTS

from horde_sdk.generic_api._reflection import get_all_request_types
from horde_sdk.generic_api.apimodels import HordeRequest, ResponseRequiringFollowUpMixin
from horde_sdk.meta import find_subclasses

PACKAGES = ["horde_sdk.ai_horde_api", "horde_sdk.ratings_api", "horde_sdk.generic_api", "horde_sdk.worker"]


def printed_by(code: str, env: Mapping[str, str] | None = None) -> list[str]:
    """Run code in an interpreter of its own, where nothing has been loaded, and return its output's lines."""
    environment = {**os.environ, **(env or {})}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("horde_sdk.ai_horde_api.apimodels", {row["request"] for row in REQUESTS}),
        (
            "horde_sdk.ratings_api.apimodels",
            {"ImageRatingsRequest", "UserCheckRequest", "UserRatingsRequest", "UserValidateRequest"},
        ),
        ("horde_sdk.generic_api.apimodels", set()),
    ],
)
def test_every_request_is_found_before_any_was_used(package: str, names: set[str]) -> None:
    code = f"""
from horde_sdk.generic_api._reflection import get_all_request_types
print(*(request.__name__ for request in get_all_request_types({package!r})))
"""
    assert set(printed_by(code)) == names


@pytest.mark.parametrize("package", ["ai_horde_api", "ratings_api"])
def test_no_request_is_defined_without_being_found(package: str) -> None:
    defined = {
        request
        for request in find_subclasses(import_module(f"horde_sdk.{package}"), HordeRequest)
        if hasattr(request, "_endpoint") and not request.__module__.endswith(".embedding_models")  # OpenHorde's alone
    }

    assert defined == set(get_all_request_types(f"horde_sdk.{package}.apimodels"))


def test_unknown_package_is_an_import_error() -> None:
    with pytest.raises(ImportError):
        get_all_request_types("horde_sdk.nothing_here")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_can_be_imported(package: str) -> None:
    found = [module.name for module in walk_packages(import_module(package).__path__, f"{package}.")]

    assert len(found) >= 4
    for name in found:
        import_module(name)


def test_six_answers_oblige_to_a_follow_up_whatever_is_loaded() -> None:
    for package in PACKAGES:
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    obliging = ResponseRequiringFollowUpMixin.__subclasses__()

    assert sorted(answer.__name__ for answer in obliging if answer.__module__.startswith("horde_sdk.")) == [
        "AlchemyAsyncResponse",
        "AlchemyJobPopResponse",
        "EmbeddingAsyncResponse",  # OpenHorde's own
        "ImageGenerateAsyncResponse",
        "ImageGenerateJobPopResponse",
        "TextGenerateAsyncResponse",
        "TextGenerateJobPopResponse",
    ]


EXTRAS = """
from horde_sdk.generic_api._reflection import get_all_request_types
for package in ("ai_horde_api", "ratings_api"):
    for request in get_all_request_types(f"horde_sdk.{package}.apimodels"):
        for model in (request, *request.get_success_status_response_pairs().values()):
            if "root" not in model.model_fields:
                print(model.model_config["extra"])
"""


@pytest.mark.parametrize(("tests_ongoing", "extra"), [("1", "forbid"), ("", "allow")])
def test_every_request_and_answer_forbids_unknown_fields_under_test(tests_ongoing: str, extra: str) -> None:
    extras = printed_by(EXTRAS, {"TESTS_ONGOING": tests_ongoing})

    assert len(extras) > 150
    assert set(extras) == {extra}


@pytest.mark.parametrize(
    "statement",
    [
        "import horde_sdk",
        "import horde_sdk.ai_horde_api.ai_horde_clients",
        "from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient; AIHordeAPISimpleClient()",
        "import horde_sdk.ratings_api.ratings_client",
        "import horde_sdk.worker",
    ],
)
def test_clients_do_without_workers_and_tools(statement: str) -> None:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    loaded = [name for name in printed_by(code) if name.startswith("horde_sdk.")]

    assert [name for name in loaded if name.startswith(("horde_sdk.worker.", "horde_sdk.meta"))] == []
    assert [name for name in loaded if name.startswith("horde_sdk.generic_api.utils")] == []


def test_worker_consts_are_light() -> None:
    loaded = printed_by("import horde_sdk.worker.consts, horde_sdk.worker.chaining, sys\nprint(*sys.modules)")

    assert {"pydantic", "aiohttp", "requests", "PIL", "networkx"} & set(loaded) == set()
