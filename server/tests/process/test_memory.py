"""What large bodies took is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

_CODE = """
import sys
from pathlib import Path
from horde_server.process.memory import give_back_large_blocks

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

give_back_large_blocks()
bytes(20_000_000)  # from here on glibc would keep blocks of this size
before = resident_mb()
for _ in range(5):
    bodies, between = [], []
    for _ in range(10):
        bodies.append(bytearray(b"x" * 5_000_000))
        between.append(b"y" * 10_000)
    del bodies
print(resident_mb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is Linux's")
def test_memory_of_large_bodies_goes_back_to_the_system() -> None:
    run = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 5
