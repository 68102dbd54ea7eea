"""The file that is written: for its owner alone, readable, and changed without losing what he wrote."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from horde_worker.configuration.file import chosen_path, default_path, rendered, with_keys, written
from horde_worker.configuration.load import load


@pytest.mark.skipif(os.name != "posix", reason="there folders decide")
def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """Nor is there a moment in which others could; an older one that others could read is replaced."""
    path = tmp_path / "new" / "worker.yaml"
    written(path, "name: a\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    written(path, "name: b\n")
    assert (stat.S_IMODE(path.stat().st_mode), path.read_text()) == (0o600, "name: b\n")
    assert list(path.parent.iterdir()) == [path]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Also a key of zeros, and names that YAML could mistake."""
    path = tmp_path / "worker.yaml"
    values = {"api_key": "0000000000", "name": "no", "backends": [{"type": "demo"}], "blacklist": ["22:00", "ä#b"]}
    written(path, rendered(values))
    found = load(path, {}, {}).configuration
    assert (found.api_key, found.name, found.blacklist) == ("0000000000", "no", ["22:00", "ä#b"])
    assert "# Your key there." in path.read_text(encoding="utf-8")


def test_keys_are_set_anew_and_the_rest_stays() -> None:
    """Comments, order, other keys; lists are replaced as a whole."""
    text = "# mine\nname: a  # the name\nforms:\n  - palette\n  - describe\nbatch: 2\n"
    assert with_keys(text, {"forms": ["nsfw"], "batch": 4}) == "# mine\nname: a  # the name\nforms:\n- nsfw\nbatch: 4\n"
    assert with_keys("forms:\n- a\n- b\nname: x\n", {"forms": ["c"]}) == "forms:\n- c\nname: x\n"
    assert with_keys(text, {"max_pixels": 65536}).endswith("# Largest picture: width × height.\nmax_pixels: 65536\n")


def test_where_the_file_is() -> None:
    """As typed, by the environment, in the usual folder; or nowhere."""
    usual = Path("/home/me/.config/openhorde/worker.yaml")
    assert default_path({"HOME": "/home/me"}) == usual
    assert default_path({"HOME": "/home/me", "XDG_CONFIG_HOME": "/c"}) == Path("/c/openhorde/worker.yaml")
    assert chosen_path(None, {"HORDE_WORKER_CONFIG": "/x.yaml"}) == Path("/x.yaml")
    assert chosen_path("/y.yaml", {"HORDE_WORKER_CONFIG": "/x.yaml"}) == Path("/y.yaml")
    assert chosen_path("none", {}) is None
