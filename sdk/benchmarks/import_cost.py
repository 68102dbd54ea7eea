"""Prints what importing parts of the SDK costs: CPU seconds (median and least of N fresh interpreters) and memory."""

from __future__ import annotations

import statistics
import subprocess
import sys

STATEMENTS = {
    "bare interpreter": "pass",
    "vocabulary": "from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS",
    "pydantic alone": "from pydantic import BaseModel",
    "sync simple client": "from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient",
    "the seed's sync snippet": (
        "from horde_sdk import ANON_API_KEY; "
        "from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient; "
        "from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest, ImageGenerationInputPayload; "
        "from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS"
    ),
    "the seed's text snippet": (
        "from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient; "
        "from horde_sdk.ai_horde_api.apimodels import ModelGenerationInputKobold, TextGenerateAsyncRequest"
    ),
    "command line": (
        "from horde_sdk.command_line.main import build_app; build_app([]); "
        "import horde_sdk.command_line.client_commands"
    ),
}
PROBE = """
import resource, sys, time
start = time.process_time()
{statement}
spent = time.process_time() - start
print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(sys.modules))
"""


def measure(statement: str) -> tuple[float, float, int]:
    probe = PROBE.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    cpu_s, rss_mib, modules = done.stdout.split()
    return float(cpu_s), float(rss_mib), int(modules)


def main(runs: int = 7) -> None:
    print(f"{'import':26} {'CPU s':>7} {'least':>7} {'MiB':>6} {'modules':>8}")
    for name, statement in STATEMENTS.items():
        measure(statement)
        taken = [measure(statement) for _ in range(runs)]
        cpu_s = [one[0] for one in taken]
        rss_mib = statistics.median(one[1] for one in taken)
        print(f"{name:26} {statistics.median(cpu_s):7.3f} {min(cpu_s):7.3f} {rss_mib:6.1f} {taken[0][2]:8}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
