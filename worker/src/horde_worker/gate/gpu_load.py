"""How busy the graphics card is, as `nvidia-smi` tells; where there is none, nobody knows."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import Final

ANSWER_LIMIT_S = 5.0
ENDING_LIMIT_S: Final = 1.0
COMMAND: Final = "nvidia-smi"
_QUESTION: Final = ("--query-gpu=utilization.gpu", "--format=csv,noheader,nounits")


class GpuLoad:
    """Asks the program of the driver."""

    def __init__(self, command: str = COMMAND) -> None:
        self._command = shutil.which(command)

    @property
    def is_known(self) -> bool:
        """Whether there is somebody to ask."""
        return self._command is not None

    async def percent(self) -> int | None:
        """Of the busiest card; None when nobody can tell."""
        if self._command is None:
            return None
        try:
            process = await asyncio.create_subprocess_exec(
                self._command,
                *_QUESTION,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return None
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                said, _ = await process.communicate()
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError, TimeoutError):
                    process.kill()
                    async with asyncio.timeout(ENDING_LIMIT_S):  # what it has started may hold its pipe
                        await process.wait()
        numbers = [int(line) for line in said.decode("ascii", "replace").split() if line.isdigit()]
        return max(numbers, default=None)
