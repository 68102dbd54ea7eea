"""What forms cost: every row of `kudos_alchemy.csv` but for the burn, which is ours (kudos.md §4.1)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from horde_server.requests.alchemy.prices.charges import debit_hundredths, reward_hundredths
from horde_server.requests.alchemy.vocabulary import FORMS, is_image_form
from horde_server.requests.pictures.tiles import tiles

ROWS = list(csv.DictReader((Path(__file__).parent / "kudos_alchemy.csv").read_text("utf-8").splitlines()))


def test_every_recorded_reward_is_ours() -> None:
    """23 forms of pictures of 11 sizes; the original's rows are these twice, once for slow workers and once not."""
    assert len(ROWS) == 253
    assert {row["form"] for row in ROWS} == set(FORMS)
    differing = []
    for row in ROWS:
        form, makes_picture = row["form"], row["kind"] == "post_processor"
        covered = tiles(int(row["image_width"]), int(row["image_height"]))
        reward = reward_hundredths(form, covered, makes_picture=is_image_form(form))
        expected = (makes_picture, int(row["image_tiles"]), round(float(row["worker_reward"]) * 100))
        if (is_image_form(form), covered, reward) != expected:
            differing.append(row)
    assert differing == []


@pytest.mark.parametrize(("slow_workers", "burn"), [(True, 100), (False, 200)])
@pytest.mark.parametrize("row", ROWS[::17], ids=lambda row: f"{row['form']}-{row['image_width']}")
def test_one_is_burnt_or_two_where_slow_workers_are_refused(row: dict[str, str], slow_workers: bool, burn: int) -> None:
    """§4.1: the original has it the other way round."""
    reward = round(float(row["worker_reward"]) * 100)
    assert debit_hundredths(reward, slow_workers=slow_workers) == reward + burn
