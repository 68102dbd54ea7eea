"""`simulate` and `benchmark`: through real backends, without any horde elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from horde_sdk.command_line.main import build_app
from horde_worker.commands.measuring import Measured


def types(*words: str) -> tuple[int, str]:
    """Exit code and what is said."""
    ended = CliRunner().invoke(build_app(), ["worker", *words, "--config", "none"], env={"COLUMNS": "200"})
    return ended.exit_code, ended.output


def test_a_simulated_horde_gets_results_of_every_kind(tmp_path: Path) -> None:
    """Pictures, texts and forms, as files."""
    backends = [word for name in ("demo", "demo-text", "demo-alchemy") for word in ("--backend", name)]
    code, said = types("simulate", *backends, "--jobs", "1", "--folder", str(tmp_path / "out"))
    assert (code, "3 delivered, 0 given back." in said) == (0, True), said
    made = sorted(one.name.rpartition("-")[0] for one in (tmp_path / "out").iterdir())
    assert made[1:] == ["picture", "text"]
    [picture] = (tmp_path / "out").glob("picture-*.webp")
    with Image.open(picture) as opened:
        assert opened.size == (512, 512)


def test_a_backend_that_cannot_work_is_told(tmp_path: Path) -> None:
    """Exit code 3, as of the worker itself."""
    code, said = types("simulate", "--backend", "crayons", "--folder", str(tmp_path))
    assert (code, "There is no backend 'crayons'" in said) == (2, True), said


def test_benchmark_measures_and_proposes(tmp_path: Path) -> None:
    """And writes it down where that is wanted."""
    path = tmp_path / "worker.yaml"
    path.write_text("name: a  # mine\nbackends: [demo, demo-text]\nhorde: http://127.0.0.1:9\n")
    ended = CliRunner().invoke(
        build_app(), ["worker", "benchmark", "--seconds", "5", "--write", "--config", str(path)], env={"COLUMNS": "200"}
    )
    assert ended.exit_code == 0, ended.output
    assert "megapixel steps a second" in ended.output and "tokens:" in ended.output
    assert "the horde could not be asked; last known" in ended.output
    written = path.read_text()
    assert written.startswith("name: a  # mine\n")
    assert "max_pixels:" in written and "max_length:" in written


@pytest.mark.parametrize(
    ("measured", "proposed"),
    [
        (Measured(seconds_of_picture={512: 3.0, 1024: 20.0, 1536: 400.0}), {"max_pixels": 1024**2}),
        (Measured(seconds_of_picture={512: 200.0}), {"extra_slow_worker": True}),
        (
            Measured(seconds_of_picture={512: 10.0}, seconds_of_batch={1: 10.0, 2: 12.0, 4: 20.0, 8: 95.0}),
            {"max_pixels": 512**2, "batch": 4},
        ),
        (Measured(seconds_of_batch={1: 10.0, 2: 20.0}), {"batch": 1}),
        (Measured(tokens_per_s=1.0), {"max_length": 80}),
        (Measured(tokens_per_s=500.0, longest_text=512), {"max_length": 512}),
        (Measured(seconds_of_form={"a": 1.0, "b": 61.0}), {"forms": ["a"]}),
        (Measured(), {}),
    ],
)
def test_proposals_keep_within_the_time_that_hordes_give(measured: Measured, proposed: dict[str, object]) -> None:
    """With room to spare; several at a time only where that is faster."""
    assert measured.proposed() == proposed
