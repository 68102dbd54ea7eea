"""The rules of docs/api are numbered once each, cited where they exist, and their codes and examples are true."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from itertools import pairwise
from pathlib import Path

import pytest
from api_rules import API, Citation, citations_in, documents, rules_of, tracked_files
from pydantic import BaseModel

import horde_server
from horde_server.errors import HordeError
from horde_server.http.unknown_fields import unknown_field_warning
from horde_server.requests.alchemy.schemas import InterrogationRequest
from horde_server.requests.embedding.schemas import EmbeddingRequest
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.image.worker_schemas import ImageSubmit
from horde_server.requests.text.schemas import TextRequest

EXAMPLES: list[tuple[str, type[BaseModel]]] = [
    ("requests.md", ImageRequest),
    ("requests.md", TextRequest),
    ("workers.md", ImageSubmit),
    ("alchemy.md", InterrogationRequest),
    ("embeddings.md", EmbeddingRequest),
]


def test_there_are_rules() -> None:
    assert {"requests.md", "workers.md", "alchemy.md", "kudos.md", "accounts.md", "storage.md"} <= documents().keys()
    assert sum(map(len, documents().values())) > 250


@pytest.mark.parametrize("document", documents())
def test_every_number_is_given_once_and_in_order(document: str) -> None:
    numbers = rules_of(document)
    assert len(set(numbers)) == len(numbers)
    sections = [int(number) for number in numbers if "." not in number]
    assert sections == list(range(1, len(sections) + 1))
    for earlier, later in pairwise([number for number in numbers if number.count(".") == 1]):
        assert [int(part) for part in earlier.split(".")] < [int(part) for part in later.split(".")], (earlier, later)


@pytest.mark.parametrize("document", documents())
def test_every_rule_stands_in_its_section(document: str) -> None:
    section = ""
    for number in rules_of(document):
        if "." in number:
            assert number.startswith(f"{section}."), number
        else:
            section = number


def test_the_documents_cite_rules_that_exist() -> None:
    cited = [citation for path in sorted(API.glob("*.md")) for citation in citations_in(path)]
    assert len(cited) > 150
    assert [found for found in cited if found.number not in documents().get(found.document or "", ())] == []


def codes_of_the_server() -> set[str]:
    """Every `rc` that a refusal of the server carries."""
    for module in pkgutil.walk_packages(horde_server.__path__, "horde_server."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    codes, kinds = set(), [HordeError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("horde_server.") and kind.rc:
            codes.add(kind.rc)
    return codes


def test_every_code_is_listed_with_its_rule_and_no_other() -> None:
    """basics.md §11; only the base class of transfers' refusals is never raised itself."""
    table = (API / "basics.md").read_text("utf-8").partition("\n## 11. ")[2]
    cells = re.findall(r"^\| \d{3} \| (`.*?) \|", table, re.MULTILINE)  # not of rows that begin with `none`
    listed = {code for cell in cells for code in re.findall(r"`(\w+\.?)`", cell)}
    sent = codes_of_the_server() - {"KudosValidationError"} | {"NotFound"}
    assert len(sent) > 100
    assert sorted(sent ^ listed) == []


@pytest.mark.parametrize("document", documents())
def test_every_example_is_a_body_that_the_server_takes(document: str) -> None:
    """In their order; none has a field that the server does not know."""
    found = re.findall(r"```json\n(.*?)```", (API / document).read_text("utf-8"), re.DOTALL)
    models = [model for name, model in EXAMPLES if name == document]
    assert len(found) == len(models)
    for example, model in zip(found, models, strict=True):
        body = model.model_validate_json(example)
        assert json.loads(example).keys() <= model.model_fields.keys()
        assert unknown_field_warning(body, getattr(body, "params", None)) is None


def test_every_return_code_names_its_rule() -> None:
    """Its last cell has a number: a row without one would send a reader nowhere."""
    table = (API / "basics.md").read_text("utf-8").partition("\n## 11. ")[2]
    rows = re.findall(r"^\| \d{3} \|.*$", table, re.MULTILINE)
    assert len(rows) > 50
    assert [row for row in rows if not re.search(r"\d+\.\d+[^|]*\|$", row)] == []


def cited_outside_the_documents() -> list[Citation]:
    """Applied migrations never change, not even a comment in them: they cite what was when they were written."""
    files = (path for path in tracked_files() if path.parent.name != "migrations" or path.suffix != ".sql")
    return [citation for path in files for citation in citations_in(path)]


def test_every_citation_in_the_repository_names_a_rule_that_exists() -> None:
    cited = cited_outside_the_documents()
    assert len(cited) > 1000
    assert [found for found in cited if found.number not in documents().get(found.document or "", ())] == []


def test_no_document_is_named_that_is_not_here() -> None:
    """Neither with a rule nor without: what a comment leans on, a reader must be able to open."""
    known = {path.name for path in tracked_files() if path.suffix == ".md"}
    assert [
        f"{path.name}: {named}"
        for path in tracked_files()
        if path.suffix == ".py" and path.name != Path(__file__).name
        for named in re.findall(r"(?<![\w*{}.])[\w-]+\.md\b", path.read_text("utf-8"))
        if named not in known
    ] == []


def test_no_comment_is_a_number_alone() -> None:
    """A rule is said in words; its number comes with them."""
    number = r"(?:[\w-]+\.md )?§[\d.–]+[,;]?\s*|[Ss]teps? \d+(?: (?:and|to) \d+)?\s*"
    alone = re.compile(rf'^\s*(?:"""|#)\s*(?:{number})+\.?\s*(?:""")?$')
    assert [
        f"{path.name}: {line.strip()}"
        for path in tracked_files()
        if path.suffix == ".py"
        for line in path.read_text("utf-8").splitlines()
        if alone.match(line)
    ] == []
