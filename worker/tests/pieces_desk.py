"""Where a played horde takes pieces: by the rules of reception of docs/api/streams.md, and by scripts before."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 16 * 1024
MOST_DELTAS = 64
_FIELDS = {
    "seq": int, "at": int, "text": str, "tokens": int, "deltas_at": int, "deltas": list, "step": int, "steps": int,
    "index": int, "preview": str,
}  # fmt: skip


@dataclass
class Desk:
    """What came for each job. A script's answers (status and body) come first; then the rules answer."""

    calls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    deltas: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    previews: dict[str, list[bytes]] = field(default_factory=dict)
    script: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    cancels: Callable[[str], bool] = lambda _job_id: False
    wants: Callable[[str], bool] = lambda _job_id: True
    interval_ms: int = 50

    def take(self, job_id: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, answer and headers."""
        self._check(job_id, body)
        self.calls.setdefault(job_id, []).append(body)
        if self.script:
            return self.script.pop(0)
        if not self.wants(job_id):
            return 200, self._answer(job_id), {}
        if "at" in body and (refusal := self._take_text(job_id, body["at"], body["text"].encode())):
            return 409, refusal, {}
        if "deltas_at" in body and (refusal := self._take_deltas(job_id, body["deltas_at"], body["deltas"])):
            return 409, refusal, {}
        if "preview" in body:
            self.previews.setdefault(job_id, []).append(base64.b64decode(body["preview"], validate=True))
        return 200, self._answer(job_id), {}

    def _answer(self, job_id: str) -> dict[str, Any]:
        return {
            "next": len(self.texts.get(job_id, b"")),
            "next_delta": len(self.deltas.get(job_id, [])),
            "wanted": self.wants(job_id),
            "cancelled": self.cancels(job_id),
            "interval_ms": self.interval_ms,
        }

    def _take_text(self, job_id: str, at: int, text: bytes) -> dict[str, Any] | None:
        have = self.texts.setdefault(job_id, b"")
        if at > len(have):
            return {"message": "Something is missing before it.", "rc": "PieceGap", "next": len(have)}
        overlap = have[at : at + len(text)]
        if text[: len(overlap)] != overlap:
            return {"message": "It was told otherwise before.", "rc": "PieceMismatch", "next": len(have)}
        self.texts[job_id] = have + text[len(overlap) :]
        return None

    def _take_deltas(self, job_id: str, at: int, deltas: list[dict[str, Any]]) -> dict[str, Any] | None:
        have = self.deltas.setdefault(job_id, [])
        if at > len(have):
            return {"message": "Something is missing before it.", "rc": "PieceGap", "next_delta": len(have)}
        have.extend(deltas[len(have) - at :])
        return None

    def _check(self, job_id: str, body: dict[str, Any]) -> None:
        """What no horde would take."""
        wrong = [name for name, value in body.items() if type(value) is not _FIELDS.get(name)]
        before = self.calls.get(job_id, [])
        if before and body.get("seq", -1) <= before[-1]["seq"]:
            wrong.append("seq does not rise")
        if len(body.get("text", "").encode()) > MOST_BYTES or len(body.get("deltas", ())) > MOST_DELTAS:
            wrong.append("too much at once")
        if wrong:
            self.violations.append(f"{job_id}: {wrong}")
