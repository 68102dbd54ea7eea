"""What follows from what CLIP sees."""

from __future__ import annotations

import pytest

from horde_worker.safety.clip import Seen, judged
from horde_worker.safety.judgement import Judgement

NO = (0.1,) * 6
YES = (0.9,) * 6


@pytest.mark.parametrize(
    ("child", "lewd", "judgement"),
    [
        (NO, NO, Judgement()),
        (YES, NO, Judgement()),
        (NO, YES, Judgement(is_nsfw=True)),
        (YES, YES, Judgement(is_nsfw=True, is_csam=True)),
        ((0.8, 0.8, 0.8, 0, 0, 0), (0.8, 0, 0, 0, 0, 0), Judgement(is_csam=True)),
        ((0.8, 0.8, 0, 0, 0, 0), (0.8, 0, 0, 0, 0, 0), Judgement()),
        (YES, (0.7, 0.1, 0.1, 0.1, 0.1, 0.1), Judgement()),
    ],
)
def test_a_child_is_seen_by_three_descriptions_and_lewdness_by_one(
    child: tuple[float, ...], lewd: tuple[float, ...], judgement: Judgement
) -> None:
    """Neither alone is csam."""
    assert judged(Seen(child, lewd), names_a_child=False) == judgement


def test_a_prompt_that_names_a_child_makes_the_judge_wary() -> None:
    """One description less is enough."""
    seen = Seen((0.8, 0.8, 0, 0, 0, 0), (0.8, 0, 0, 0, 0, 0))
    assert judged(seen, names_a_child=True) == Judgement(is_csam=True)
