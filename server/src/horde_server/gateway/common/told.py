"""What an answer says of the request behind it: in headers, and in an object beside a dialect's own
(gateway.md §1.5, §1.8)."""

from __future__ import annotations

from typing import Any

from horde_server.dispatch.store import Generation
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.headers import remark
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.model_names import Resolved
from horde_server.requests.progress import Progress


def answer_headers(
    running: Running[Any], body: Body | None = None, resolved: Resolved | None = None, template: str | None = None
) -> dict[str, str]:
    """Which request it was, who pays, which model and template; what was ignored, and what was clamped."""
    account = running.caller.account
    found = {"Horde-Request": str(running.id)}
    if account is not None:
        found["Horde-Account"] = remark([account.alias])
    if resolved is not None and resolved.header is not None:
        found["Horde-Model"] = remark(resolved.header.split(","))
    if template is not None:
        found["Horde-Template"] = template
    if body is not None and body.ignored:
        found["Horde-Ignored"] = remark(body.ignored)
    if body is not None and body.clamped:
        found["Horde-Clamped"] = remark(f"{name}={value}" for name, value in body.clamped.items())
    return found


def horde_object(running: Running[Any], progress: Progress | None, made: Generation | None) -> dict[str, Any]:
    """Beside the dialect's own fields, where its programs bear that."""
    told: dict[str, Any] = {"id": str(running.id), "waited_s": round(running.waited_s, 1)}
    if progress is not None:
        told |= {"kudos": progress.kudos, "restarted": progress.restarted}
    if made is not None:
        told |= {
            "worker": {"id": str(made.worker_id), "name": made.worker_name},
            "model": made.model,
            "seed": str(made.seed),
        }
    return told
