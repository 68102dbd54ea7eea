"""What the headers of an answer say of its request: which it is, who pays, and what was not done as asked
(gateway.md §1.5)."""

from __future__ import annotations

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.headers import remark
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.model_names import Resolved


def remarks(body: Body, running: Running[object], *, resolved: Resolved | None = None, template: str = "") -> dict[str, str]:  # type: ignore[type-var] # of any order
    """Those that have something to say."""
    caller = running.caller
    found = {"Horde-Request": str(running.id), "Horde-Account": caller.user.alias}
    if resolved is not None and resolved.header:
        found["Horde-Model"] = remark([resolved.header])
    if template:
        found["Horde-Template"] = template
    if body.ignored:
        found["Horde-Ignored"] = remark(body.ignored)
    if body.clamped:
        found["Horde-Clamped"] = remark(f"{name}={value}" for name, value in body.clamped.items())
    return found
