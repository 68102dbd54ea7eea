"""What becomes of a picture: the gravest reason first, and never a picture without a reason to let it go."""

from __future__ import annotations

import itertools

import pytest

from horde_worker.backends.image import Remark
from horde_worker.safety.decision import Decision, Reason, decided
from horde_worker.safety.judgement import Judgement

FLAGS = ("is_sfw_worker", "hits_censorlist", "censors_request")


def decide(judgement: Judgement, *given: str) -> Decision:
    return decided(judgement, **{flag: flag in given for flag in FLAGS})


@pytest.mark.parametrize("given", [some for count in range(4) for some in itertools.combinations(FLAGS, count)])
def test_csam_is_withheld_whatever_was_asked_for(given: tuple[str, ...]) -> None:
    """Also where nothing is said of nudity."""
    for judgement in (Judgement(is_nsfw=True, is_csam=True), Judgement(is_csam=True)):
        assert decide(judgement, *given) == Decision(Reason.CSAM, "csam", (Remark("censorship", "csam"),))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (("is_sfw_worker",), Reason.SFW_WORKER),
        (("hits_censorlist",), Reason.CENSORLIST),
        (("censors_request",), Reason.SFW_REQUEST),
        (("is_sfw_worker", "censors_request"), Reason.SFW_WORKER),
        (("hits_censorlist", "censors_request"), Reason.CENSORLIST),
    ],
)
def test_what_is_unsafe_is_replaced_where_somebody_wants_that(given: tuple[str, ...], reason: Reason) -> None:
    """The remark is what hordes go by."""
    assert decide(Judgement(is_nsfw=True), *given) == Decision(reason, "censored", (Remark("censorship", "nsfw"),))


def test_what_is_unsafe_and_wanted_is_delivered_and_told() -> None:
    """For those who filter by it."""
    assert decide(Judgement(is_nsfw=True)) == Decision(None, "ok", (Remark("information", "nsfw"),))


@pytest.mark.parametrize("given", [(), FLAGS])
def test_what_is_safe_is_delivered_without_a_word(given: tuple[str, ...]) -> None:
    """Whatever the worker and the request are."""
    assert decide(Judgement(), *given) == Decision()
