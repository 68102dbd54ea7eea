"""The state as Prometheus reads it. Kinds and reasons are labels; models are not: there may be any number of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from horde_worker.view.state import WorkerState

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def metrics(state: WorkerState) -> str:
    """All of them, each with its meaning."""
    lines: list[str] = []

    def put(name: str, kind: str, meaning: str, rows: Iterable[tuple[Mapping[str, str], float]]) -> None:
        full = f"horde_worker_{name}"
        lines.extend([f"# HELP {full} {meaning}", f"# TYPE {full} {kind}"])
        lines.extend(f"{full}{_labels(labels)} {value:g}" for labels, value in rows)

    put("results_total", "counter", "Results delivered.", _by("kind", state.results))
    put("kudos_total", "counter", "Kudos earned since the start.", _by("kind", state.kudos))
    put("dropped_total", "counter", "Results that could not be delivered.", _by("kind", state.drops))
    put("dropped_last_hour", "gauge", "Of these, in the last hour.", [({}, state.drops_of_last_hour())])
    put("jobs_running", "gauge", "Jobs in the making.", [({}, len(state.running))])
    put("uptime_seconds", "gauge", "Seconds since the start.", [({}, state.running_s)])
    if (per_hour := state.kudos_of_last_hour()) is not None:
        put("kudos_last_hour", "gauge", "Kudos of the last hour.", [({}, per_hour)])
    put("skipped_requests", "gauge", "Requests not for this worker, by reason.", _by("reason", state.skipped))
    put("in_trouble", "gauge", "Whether something keeps jobs away.", [({}, float(bool(state.trouble)))])
    return "\n".join(lines) + "\n"


def _by(label: str, counts: Mapping[str, float]) -> list[tuple[dict[str, str], float]]:
    return [({label: name}, float(value)) for name, value in sorted(counts.items())]


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
