"""Paths of releases 0.17 and 0.18 lead to the modules that newer releases publish, and hold nothing themselves."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import horde_sdk

SOURCES = Path(horde_sdk.__file__).parent
APIMODELS = "horde_sdk.ai_horde_api.apimodels"
OLD_WORKER = "horde_sdk.ai_horde_worker"

OF_WORKERS = {
    f"{OLD_WORKER}.bridge_data": "horde_sdk.worker.dispatch.ai_horde.bridge_data",
    f"{OLD_WORKER}.locale_info": "horde_sdk.worker.locale_info",
    f"{OLD_WORKER}.locale_info.bridge_data_fields": "horde_sdk.worker.locale_info.bridge_data_fields",
    f"{OLD_WORKER}.model_meta": "horde_sdk.worker.model_meta",
    f"{OLD_WORKER}.worker_client": "horde_sdk.worker.worker_client",
}


def old_paths() -> dict[str, str]:
    """Every old path that there is a file for, and the path that is published now."""
    found = dict(OF_WORKERS)
    for file in (SOURCES / "ai_horde_api" / "apimodels").rglob("_[a-z]*.py"):
        parts = file.relative_to(SOURCES.parent).with_suffix("").parts
        name = parts[-1].removeprefix("_")
        found[".".join(parts)] = ".".join([*parts[:-1], "async_" if name == "async" else name])
    return found


def file_of(path: str) -> Path:
    place = SOURCES.parent.joinpath(*path.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def test_no_old_path_is_forgotten() -> None:
    assert len(old_paths()) == 27
    assert {file_of(path) for path in OF_WORKERS} | {SOURCES / "ai_horde_worker" / "__init__.py"} == set(
        (SOURCES / "ai_horde_worker").rglob("*.py")
    )


@pytest.mark.parametrize(("old", "new"), old_paths().items(), ids=list(old_paths()))
def test_old_path_says_where_the_module_is_and_holds_nothing(old: str, new: str) -> None:
    module = ast.parse(file_of(old).read_text("utf-8"))

    assert ast.get_docstring(module) == f"The path of `{new}` in releases 0.17 and 0.18."
    assert [ast.unparse(statement) for statement in module.body[1:]] == [f"from {new} import *"]


@pytest.mark.parametrize(("old", "new"), old_paths().items(), ids=list(old_paths()))
def test_old_path_has_the_names_of_the_new_one(old: str, new: str) -> None:
    there, here = import_module(new), import_module(old)
    public = getattr(there, "__all__", None) or [name for name in vars(there) if not name.startswith("_")]

    assert {name: getattr(here, name) for name in public} == {name: getattr(there, name) for name in public}


@pytest.mark.parametrize("module", ["_async", "async_"])
def test_what_was_pickled_under_either_path_is_read(module: str) -> None:
    path = f"{APIMODELS}.generate.{module}"
    response = import_module(path).ImageGenerateAsyncResponse(id="00000000-0000-0000-0000-000000000000", kudos=1.0)
    kept = pickle.dumps(response, protocol=0).decode("latin-1")
    written = kept.replace(f"{APIMODELS}.generate._async\n", f"{path}\n")

    assert f"{path}\n" in written
    assert pickle.loads(written.encode("latin-1")) == response


LOOKING = """
import horde_sdk.ai_horde_api.apimodels.generate.{first}
import horde_sdk.ai_horde_api.apimodels.generate._async as old, inspect
from horde_sdk.ai_horde_api.apimodels.generate import _async, async_
assert old is _async is async_
assert inspect.getsource(old.ImageGenerateAsyncResponse).startswith("class ImageGenerateAsyncResponse(")
"""


@pytest.mark.parametrize("first", ["_async", "async_"])
def test_type_is_found_at_the_path_that_it_is_shown_with(first: str) -> None:
    code = LOOKING.format(first=first)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
