"""An alchemist that answers by script: serves the forms it has results for, over HTTP, until it is told to stop."""

from __future__ import annotations

import contextlib
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from horde_processes import RunningHorde

_PAUSE_S = 0.1


@dataclass
class ScriptedAlchemist:
    """What it was handed, in order; `results` by form. Of bytes, the picture is uploaded and its marker submitted."""

    horde: RunningHorde
    key: str
    name: str
    results: Mapping[str, Any]
    handed: list[dict[str, Any]] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def serve(self) -> None:
        """Pop and submit until stopped."""
        while not self._stopped.is_set():
            offer = {"name": self.name, "forms": list(self.results), "amount": 4, "bridge_agent": "scripted:1:tests"}
            status, answer = self.horde.api("interrogate/pop", offer, key=self.key)
            assert status == 200, answer
            for form in answer["forms"] or ():
                self._do(form)
            if not answer["forms"]:
                time.sleep(_PAUSE_S)

    def stop(self) -> None:
        """Pop no more."""
        self._stopped.set()

    def _do(self, form: dict[str, Any]) -> None:
        self.handed.append(form)
        with urllib.request.urlopen(form["source_image"], timeout=30) as source:
            self.sources.append(source.read())
        result = self.results[form["form"]]
        if isinstance(result, bytes):
            headers = {"Content-Type": "image/webp"}
            upload = urllib.request.Request(form["r2_upload"], result, headers, method="PUT")
            with urllib.request.urlopen(upload, timeout=30) as put:
                assert put.status == 200
            result = "R2"
        body = {"id": form["id"], "result": {form["form"]: result}, "state": "ok"}
        status, answer = self.horde.api("interrogate/submit", body, key=self.key)
        assert status == 200, answer
        self.rewards.append(answer["reward"])


@contextlib.contextmanager
def scripted_alchemist(horde: RunningHorde, name: str, results: Mapping[str, Any]) -> Iterator[ScriptedAlchemist]:
    """An alchemist of a trusted account of its own, for the time of a `with` block; what it stumbled over is raised."""
    owner = horde.create_user(name, trusted=True)
    alchemist = ScriptedAlchemist(horde, owner["api_key"], name, results)
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(alchemist.serve)
        try:
            yield alchemist
        finally:
            alchemist.stop()
        served.result()
