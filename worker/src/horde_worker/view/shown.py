"""The state in words and numbers, the same for every view: the screen, the page, `status`, the summary in the log."""

from __future__ import annotations

from typing import Any

from horde_worker.view.advice import advice
from horde_worker.view.state import WorkerState


def headline(state: WorkerState) -> str:
    """What it is doing, in a few words."""
    if state.is_leaving:
        return "leaving: what is held is finished first"
    if state.trouble:
        return {
            "unreachable": f"the horde is not reached: {state.trouble}",
            "maintenance": f"in maintenance: {state.trouble}",
            "paused": f"pausing: {state.trouble}",
            "refused": f"refused by the horde: {state.trouble}",
            "backend": f"the backend cannot work: {state.trouble}",
        }[state.trouble_kind]
    if state.running:
        return "working" if len(state.running) == 1 else f"working on {len(state.running)} jobs"
    return "waiting for jobs"


def rate(per_hour: float | None) -> str:
    """Kudos per hour in words."""
    return "known after five minutes" if per_hour is None else f"{per_hour:,.0f}"


def duration(seconds: float) -> str:
    """A time in words: 42 s, 7 min, 3 h 05 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"


def as_json(state: WorkerState, *, with_pictures: bool) -> dict[str, Any]:
    """Everything, for programs and the page. No prompts: the state has none."""
    now = state.clock()
    return {
        "name": state.name,
        "horde": state.horde,
        "backends": list(state.backends),
        "headline": headline(state),
        "trouble": state.trouble_kind,
        "running_s": round(state.running_s, 1),
        "results": dict(state.results),
        "kudos": {kind: round(float(kudos), 2) for kind, kudos in state.kudos.items()},
        "total_results": state.total_results,
        "total_kudos": state.total_kudos,
        "kudos_today": state.kudos_today,
        "kudos_per_hour": _rounded(state.kudos_per_hour()),
        "kudos_of_last_hour": _rounded(state.kudos_of_last_hour()),
        "drops": dict(state.drops),
        "drops_of_last_hour": state.drops_of_last_hour(),
        "jobs": [
            {
                "kind": job.kind,
                "model": job.model,
                "results": job.results,
                "share": round(job.share, 3),
                "step": job.step,
                "steps": job.steps,
                "characters": job.characters,
                "seconds": round(now - job.since, 1),
                **{f"job_{name}": value for name, value in job.fields.items()},
            }
            for job in state.running.values()
        ],
        "recent": [
            {
                "kind": one.kind,
                "model": one.model,
                "seconds": round(one.seconds, 1),
                "kudos": one.kudos,
                "ago_s": round(now - one.at),
            }
            for one in list(state.done)[:10]
        ],
        "dropped": [
            {"kind": one.kind, "results": one.results, "reason": one.reason, "ago_s": round(now - one.at)}
            for one in list(state.dropped)[:10]
        ],
        "advice": advice(state.skipped, state.wanted_models),
        "messages": [{"text": one.text, "origin": one.origin, "until": one.until} for one in state.messages],
        "pictures": [one.number for one in state.pictures] if with_pictures else [],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
