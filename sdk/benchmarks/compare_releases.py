"""Prints what this SDK costs beside published releases of `horde_sdk`, each installed in a place of its own.

Import time, memory, packages and disk, microseconds per request built and response parsed: all in one run, on one
Python. The statements are those of the published guide, so that they mean the same in every release.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

SDK = Path(__file__).resolve().parents[1]
PLACES = SDK.parent / ".clients"
PUBLISHED = ("0.27.0", "0.33.3")
IMPORT_RUNS = 7

CLIENT = "from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPISimpleClient"

IMPORT_PROBE = f"""
import resource, sys, time
start = time.process_time()
{CLIENT}
AIHordeAPISimpleClient()
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

CALL_PROBE = """
import json, statistics, sys, timeit
from horde_sdk.ai_horde_api.apimodels import (
    ImageGenerateAsyncRequest, ImageGenerateStatusResponse, ImageGenerationInputPayload, LorasPayloadEntry,
)
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS

def build():
    return ImageGenerateAsyncRequest(
        apikey="0000000000", prompt="A cat in a hat", models=["Deliberate"],
        params=ImageGenerationInputPayload(
            width=512, height=512, steps=25, n=2, cfg_scale=7.0, karras=True, hires_fix=False, clip_skip=1,
            sampler_name=KNOWN_IMAGE_SAMPLERS.k_euler, loras=[LorasPayloadEntry(name="a")],
            post_processing=["RealESRGAN_x4plus"],
        ),
    )

status = json.dumps({
    "finished": 4, "processing": 0, "restarted": 0, "waiting": 0, "done": True, "faulted": False, "wait_time": 0,
    "queue_position": 0, "kudos": 10.0, "is_possible": True, "shared": False,
    "generations": [{
        "id": f"00000000-0000-0000-0000-00000000000{i}", "img": "https://example.org/a.webp", "seed": "1",
        "censored": False, "model": "Deliberate", "state": "ok", "gen_metadata": [],
        "worker_id": "99999999-0000-0000-0000-000000000000", "worker_name": "a worker",
    } for i in range(4)],
})
request = build()
ImageGenerateStatusResponse.model_validate(json.loads(status))
timed = {
    "build a request": build,
    "its body as JSON": lambda: json.dumps(
        request.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    ),
    "parse a status of 4 images": lambda: ImageGenerateStatusResponse.model_validate(json.loads(status)),
}
told = {
    name: statistics.median(timeit.repeat(call, number=500, repeat=7)) / 500 * 1e6 for name, call in timed.items()
}
print(json.dumps(told))
"""


def python_3_12() -> str:
    """A Python 3.12; kept by pyenv too, whose PATH entries may lead nowhere."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in filter(None, [shutil.which("python3.12"), *map(str, sorted(kept.glob("3.12*/bin/python")))]):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    sys.exit("no Python 3.12 found")


def place(name: str, requirement: str) -> Path:
    """A virtual environment with only `requirement` in it; made anew for our own package."""
    folder = PLACES / f"cost-{name}"
    python = folder / "bin" / "python"
    if name == "ours":
        shutil.rmtree(folder, ignore_errors=True)
    if not python.exists():
        subprocess.run([python_3_12(), "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", requirement], check=True)
    return python


def installed(python: Path) -> tuple[int, float]:
    """Packages beside pip, and their megabytes on disk with bytecode."""
    listed = json.loads(
        subprocess.run([str(python), "-m", "pip", "list", "--format=json"], capture_output=True, check=True).stdout
    )
    site = next(python.parent.parent.glob("lib/python3*/site-packages"))
    size = sum(
        file.stat().st_size
        for file in site.rglob("*")
        if file.is_file() and not file.relative_to(site).parts[0].startswith("pip")
    )
    return len([one for one in listed if one["name"] not in ("pip", "setuptools")]), size / 1e6


def probe(python: Path, code: str) -> str:
    """What a program prints in that place; the first run may compile."""
    done = subprocess.run([str(python), "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def measure(python: Path) -> dict[str, float]:
    """All figures of one place."""
    probe(python, IMPORT_PROBE)
    runs = [tuple(map(float, probe(python, IMPORT_PROBE).split())) for _ in range(IMPORT_RUNS)]
    packages, megabytes = installed(python)
    return {
        "import, CPU s (median of 7)": statistics.median(cpu_s for cpu_s, _ in runs),
        "import, CPU s (least)": min(cpu_s for cpu_s, _ in runs),
        "memory, MiB": statistics.median(mib for _, mib in runs),
        "packages": packages,
        "on disk, MB": megabytes,
        **{f"{name}, µs": figure for name, figure in json.loads(probe(python, CALL_PROBE)).items()},
    }


def main() -> None:
    """Print the table as Markdown."""
    places = {"OpenHorde": place("ours", str(SDK))}
    places |= {f"horde_sdk {version}": place(version, f"horde_sdk=={version}") for version in PUBLISHED}
    figures = {name: measure(python) for name, python in places.items()}
    print("| | " + " | ".join(figures) + " |")
    print("|---|" + "---|" * len(figures))
    for row in figures["OpenHorde"]:
        cells = [f"{figures[name][row]:.{0 if row == 'packages' else 2 if 'CPU' in row else 1}f}" for name in figures]
        print(f"| {row} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
