"""Names that programs import must stay importable, and importing little must load little."""

from __future__ import annotations

import ast
import csv
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from horde_sdk.ai_horde_api import apimodels

SURFACE = list(csv.reader((Path(__file__).parent / "public_surface.csv").read_text().splitlines()))[1:]


@pytest.mark.parametrize(("module", "name"), SURFACE, ids=[".".join(row) for row in SURFACE])
def test_name_can_be_imported(module: str, name: str) -> None:
    assert hasattr(import_module(module), name)


@pytest.mark.parametrize("package", ["horde_sdk", "horde_sdk.ai_horde_api", "horde_sdk.ai_horde_api.apimodels"])
def test_everything_that_a_package_lists_is_there(package: str) -> None:
    module = import_module(package)

    assert all(hasattr(module, name) for name in module.__all__)
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize(
    ("statement", "left_out"),
    [
        ("import horde_sdk.generation_parameters.image.consts", {"pydantic", "aiohttp", "requests", "PIL"}),
        ("import horde_sdk.ai_horde_api.consts", {"pydantic", "aiohttp", "requests", "PIL"}),
        ("import horde_sdk.ai_horde_api.ai_horde_clients", {"aiohttp", "requests", "PIL", "ssl"}),
        (
            "import horde_sdk.ai_horde_api.ai_horde_clients",
            {
                f"horde_sdk.ai_horde_api.apimodels.{name}"
                for name in ("alchemy.async_", "generate.text.async_", "kudos", "status", "users")
            },
        ),
        (
            "import horde_sdk.ai_horde_api.ai_horde_clients, horde_sdk.ai_horde_api.apimodels.generate._async",
            {
                "horde_sdk.generation_parameters.alchemy.parameters",
                "horde_sdk.generation_parameters.generic.parameters",
                "horde_sdk.generation_parameters.image.parameters",
                "horde_sdk.generation_parameters.text.object_models",
                "horde_sdk.services",
                "horde_sdk.worker",
            },
        ),
        *(
            (f"import horde_sdk.generation_parameters.{module}", {"pydantic", "aiohttp", "requests", "PIL"})
            for module in ("alchemy.consts", "generic.consts", "image.consts", "text.consts", "versioning")
        ),
        ("import horde_sdk.generation_parameters.image", {"pydantic"}),
        ("from horde_sdk.utils import seed_to_int, image_utils", {"pydantic", "numpy", "PIL"}),
        ("import horde_sdk.generation_parameters.image.object_models", {"aiohttp", "requests", "PIL", "numpy"}),
        ("import horde_sdk.worker.dispatch.ai_horde.bridge_data", {"aiohttp", "requests", "PIL", "numpy"}),
        ("import horde_sdk.worker.dispatch.ai_horde.image.convert", {"aiohttp", "requests", "PIL", "numpy"}),
    ],
)
def test_import_leaves_out_what_it_does_not_need(statement: str, left_out: set[str]) -> None:
    code = f"{statement}\nimport sys\nsys.exit(', '.join({left_out!r} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


MODULES = """
import horde_sdk
assert horde_sdk.__version__ == horde_sdk._version.__version__
for path in (
    "consts", "exceptions", "generic_api.apimodels", "generic_api.utils.swagger", "ai_horde_api.apimodels.generate.pop",
    "ai_horde_api.ai_horde_clients", "ratings_api.ratings_client", "generation_parameters.image.consts", "worker.jobs",
    "webhooks.verification", "registration.accounts",
):
    found = horde_sdk
    for name in path.split("."):
        found = getattr(found, name)
    assert found.__name__ == f"horde_sdk.{path}"
assert not hasattr(horde_sdk, "no_such_thing")
"""


def test_modules_of_a_package_are_its_attributes_and_the_version_is_told() -> None:
    done = subprocess.run([sys.executable, "-c", MODULES], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_response_type_is_shown_with_the_path_of_the_seed() -> None:
    from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest

    assert (
        repr(ImageGenerateAsyncRequest.get_default_success_response_type())
        == "<class 'horde_sdk.ai_horde_api.apimodels.generate._async.ImageGenerateAsyncResponse'>"
    )


def test_base_url_follows_the_environment_wherever_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from horde_sdk import ai_horde_api

    seen = []
    for url in ("http://one/api/", "http://two/api/"):
        monkeypatch.setenv("AI_HORDE_URL", url)
        seen.append(ai_horde_api.AI_HORDE_BASE_URL)

    assert seen == ["http://one/api/", "http://two/api/"]


def test_type_checkers_are_told_the_same_names_as_programs_find() -> None:
    stub = Path(apimodels.__file__).with_suffix(".pyi")
    imports = [node for node in ast.parse(stub.read_text("utf-8")).body if isinstance(node, ast.ImportFrom)]
    told = {alias.name: node.module for node in imports for alias in node.names}

    assert sorted(told) == sorted(apimodels.__all__)  # type: ignore[attr-defined]
    for name, module in told.items():
        assert getattr(import_module(str(module)), name) is getattr(apimodels, name)
