"""What the worker does about each refusal of a pop (spec 1.1.7)."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import Refused
from horde_worker.refusals import (
    LONG_MAINTENANCE_PAUSE_S,
    LONGEST_TIME_OUT_S,
    MAINTENANCE_PAUSE_S,
    POPS_BEFORE_LONG_PAUSE,
    SERVICE_PAUSE_S,
    Judge,
    Verdict,
)

FATAL = [
    (401, "InvalidAPIKey"),
    (403, "WrongCredentials"),
    (400, "PolymorphicNameConflict"),
    (403, "AnonForbiddenWorker"),
    (403, "WorkerFlaggedMaintenance"),
    (403, "DeletedUser"),
    (403, "WorkerInviteOnly"),
    (403, "TooManyWorkers"),
    (403, "TooManyWorkersTrusted"),
    (403, "TooManySameIPs"),
    (403, "UnsafeIP"),
    (403, "TooManyNewIPs"),
    (400, "ProfaneWorkerName"),
    (400, "TooLongWorkerName"),
    (400, ""),
    (401, "something new"),
]


@pytest.mark.parametrize(("status", "rc"), FATAL)
def test_what_asking_again_does_not_help_ends_the_worker_or_makes_a_service_wait(status: int, rc: str) -> None:
    """Ten minutes, as nobody would start it again."""
    refusal = Refused(status, rc, "no")
    assert Judge().verdict_on(refusal) == Verdict(exit_code=ExitCode.CREDENTIALS)
    assert Judge(is_service=True).verdict_on(refusal) == Verdict(SERVICE_PAUSE_S)


@pytest.mark.parametrize(
    ("message", "retry_after_s", "pause_s"),
    [
        ("in time-out for 123 more seconds", None, 123.0),
        ("Access from 192.0.2.1 has been denied for 3 seconds.", None, 3.0),
        ("for 1 second", None, 1.0),
        ("for 123 seconds", 40.0, 40.0),
        ("later", None, MAINTENANCE_PAUSE_S),
        ("for 999999999 seconds", None, LONGEST_TIME_OUT_S),
        ("for 0 seconds", None, MAINTENANCE_PAUSE_S),
    ],
)
def test_a_time_out_is_waited_for_as_long_as_is_stated(
    message: str, retry_after_s: float | None, pause_s: float
) -> None:
    """By the header first; never for ever, as it may be ended before."""
    assert Judge().verdict_on(Refused(403, "TimeoutIP", message, retry_after_s)) == Verdict(pause_s)


def test_a_maintenance_is_told_once_and_polled_more_rarely_after_a_while() -> None:
    """Another message is news; so is its end."""
    judge = Judge()
    refusal = Refused(403, "WorkerMaintenance", "back in an hour")
    with capture_logs() as logs:
        pauses = [judge.verdict_on(refusal).pause_s for _ in range(POPS_BEFORE_LONG_PAUSE + 1)]
        judge.verdict_on(Refused(403, "WorkerMaintenance", "back tomorrow"))
        judge.was_answered()  # a job of the owner's own: those are served all the time
        judge.verdict_on(Refused(403, "WorkerMaintenance", "back tomorrow"))
        judge.was_answered()
        judge.was_answered()
    assert pauses == [MAINTENANCE_PAUSE_S] * POPS_BEFORE_LONG_PAUSE + [LONG_MAINTENANCE_PAUSE_S]
    assert [(one["event"], one.get("message")) for one in logs] == [
        ("worker.in_maintenance", "back in an hour"),
        ("worker.in_maintenance", "back tomorrow"),
        ("worker.maintenance_over", None),
    ]


@pytest.mark.parametrize("rc", ["InvalidAPIKey", "WrongCredentials", "PolymorphicNameConflict", "AnonForbiddenWorker"])
def test_the_owner_is_told_what_to_do(rc: str) -> None:
    """Not only what is wrong."""
    with capture_logs() as logs:
        Judge().verdict_on(Refused(403, rc, "no"))
    assert logs[0]["advice"]


def test_unknown_models_have_an_advice_of_their_own() -> None:
    """There is no code for it; it decides about the advice only."""
    with capture_logs() as logs:
        Judge().verdict_on(
            Refused(400, "BadRequest", "Unfortunately we cannot accept workers serving unrecognised models")
        )
    assert "models" in logs[0]["advice"]
