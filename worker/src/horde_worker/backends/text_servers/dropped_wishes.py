"""Samplers that a job asks for and its server has not: told once a session."""

from __future__ import annotations

from dataclasses import fields

import structlog

from horde_worker.backends.mapping import Neutral
from horde_worker.backends.text import TextJob
from horde_worker.backends.text_servers.tables import Table
from horde_worker.sampler_settings import NEUTRAL, TextSampling

log = structlog.get_logger(__name__)

_SAMPLERS = frozenset(field.name for field in fields(TextSampling))
_ONLY_WITH = {"rep_pen_range": "rep_pen", "rep_pen_slope": "rep_pen", "dynatemp_exponent": "dynatemp_range"}
"""What changes nothing as long as another is neutral."""


def is_wished(job: TextJob, parameter: str) -> bool:
    """Whether a job's value of a parameter is another than the neutral one, so that leaving it out loses something."""
    if parameter == "use_default_badwordsids":
        return not job.may_end
    if parameter not in _SAMPLERS:
        return False
    decisive = _ONLY_WITH.get(parameter)
    if decisive and not is_wished(job, decisive):
        return False
    return bool(getattr(job.sampling, parameter) != getattr(NEUTRAL, parameter))


class DroppedWishes:
    """Remembers what was told already."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def note(self, program: str, job: TextJob, table: Table) -> None:
        """Tell of what this job loses by what the program has not."""
        lost = {name for name, row in table.items() if isinstance(row, Neutral) and is_wished(job, name)}
        if fresh := sorted(lost - self._told):
            self._told.update(fresh)
            log.info("worker.samplers_dropped", program=program, parameters=fresh)
