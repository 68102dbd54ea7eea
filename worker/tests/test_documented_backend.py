"""The backend in docs/worker/writing-a-backend.md works as it is written there."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from built_in import add_built_in
from PIL import Image
from played_horde import PlayedHorde

from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode
from horde_worker.run import run_worker
from horde_worker.settings import OperatorWishes, WorkerSettings

if TYPE_CHECKING:
    import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "worker" / "writing-a-backend.md"


async def test_the_documented_backend_serves_a_horde(horde: PlayedHorde, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its option, from pop to upload."""
    [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    written: dict[str, Any] = {"__name__": "crayons"}
    exec(compile(code, "docs/worker/writing-a-backend.md", "exec"), written)
    add_built_in(monkeypatch, "crayons", written["Crayons"])
    horde.pop_script = [horde.job("j1", model="wax")]
    settings = WorkerSettings(
        horde_url=horde.url,
        api_key="the key",
        wishes=OperatorWishes("mine"),
        backends=(BackendSettings("crayons", {"colour": "blue"}),),
        jobs_wanted=1,
    )
    assert await run_worker(settings) == ExitCode.OK
    assert horde.submit_of("j1")["state"] == "ok"
    red, green, blue = Image.open(io.BytesIO(horde.uploads[0].data)).convert("RGB").resize((1, 1)).tobytes()
    assert max(red, green) < 10 < 245 < blue
