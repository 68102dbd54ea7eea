"""Look into the built distributions: nothing that belongs in is missing, nothing is in that does not belong.

What `twine check` and `check-wheel-contents` know of any project is theirs; here is what ours promise.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from distributions import FOLDERS, RELATIVE_LINK, ROOT, current_version
from packaging.requirements import Requirement

LARGEST_BYTES = {
    "openhorde-sdk": 600_000,
    "openhorde-server": 1_500_000,
    "openhorde-worker": 300_000,  # the weights are elsewhere
    "openhorde-models": 8_000_000,
    "openhorde": 40_000,
}


def main(dist: Path) -> None:
    """Check every distribution in a folder, print their sizes, and end with 1 if anything is wrong."""
    version = current_version()
    wrong: list[str] = []
    for name in FOLDERS:
        stem = f"{name.replace('-', '_')}-{version}"
        wheel, source = dist / f"{stem}-py3-none-any.whl", dist / f"{stem}.tar.gz"
        missing = [path.name for path in (wheel, source) if not path.is_file()]
        if missing:
            wrong += [f"{path} was not built" for path in missing]
            continue
        wrong += [f"{wheel.name}: {fault}" for fault in wheel_faults(name, wheel, version)]
        wrong += [f"{source.name}: {fault}" for fault in source_faults(name, source)]
        print(
            f"  {wheel.name:<46} {wheel.stat().st_size / 1000:7.0f} kB   source {source.stat().st_size / 1000:7.0f} kB"
        )
    for fault in wrong:
        print(fault, file=sys.stderr)
    sys.exit(1 if wrong else 0)


def wheel_faults(name: str, path: Path, version: str) -> list[str]:
    """What is wrong with a wheel, each in a few words."""
    with zipfile.ZipFile(path) as wheel:
        files = {file.filename for file in wheel.infolist()}
        info = next(file.partition("/")[0] for file in files if file.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))
        licence = f"{info}/licenses/LICENSE"
        has_licence = licence in files and wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    modules = {file for file in files if not file.startswith(f"{info}/")}
    faults = metadata_faults(name, metadata, version)
    if not has_licence:
        faults.append("the licence of the repository is not in it")
    faults += [f"lacks {file}" for file in sorted(tracked_modules(name) - modules)]
    faults += [f"has {file}, which git does not" for file in sorted(modules - tracked_modules(name))]
    if path.stat().st_size > LARGEST_BYTES[name]:
        faults.append(f"has {path.stat().st_size} bytes, more than {LARGEST_BYTES[name]}")
    return faults


def metadata_faults(name: str, metadata: Message, version: str) -> list[str]:
    """What is wrong with the metadata of a wheel."""
    wanted = {"Name": name, "Version": version, "License-Expression": "Apache-2.0", "License-File": "LICENSE"}
    wanted |= {"Author": "The OpenHorde authors", "Requires-Python": ">=3.11"}
    faults = [f"{key} is {metadata[key]!r}, not {value!r}" for key, value in wanted.items() if metadata[key] != value]
    faults += [f"has no {key}" for key in ("Summary", "Keywords", "Classifier") if not metadata[key]]
    text = str(metadata.get_payload())
    faults += [f"the README links to {link}, which no index can follow" for link in RELATIVE_LINK.findall(text)]
    requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    faults += [
        f"requires {requirement}, not =={version}"
        for requirement in requirements
        if requirement.name in FOLDERS and str(requirement.specifier) != f"=={version}"
    ]
    return faults


def source_faults(name: str, path: Path) -> list[str]:
    """What is wrong with a source distribution: it has what the wheel is built from, and no tests."""
    with tarfile.open(path) as archive:
        files = {file.partition("/")[2] for file in archive.getnames()}
    wanted = {"LICENSE", "README.md", "pyproject.toml", "PKG-INFO"} | {f"src/{file}" for file in tracked_modules(name)}
    return [f"lacks {file}" for file in sorted(wanted - files)] + [
        f"has {file}" for file in sorted(files - wanted - {".gitignore"})
    ]


def tracked_modules(name: str) -> set[str]:
    """The files below `src/` of a distribution that git knows, data files too."""
    source = FOLDERS[name] / "src"
    if not source.is_dir():
        return set()
    told = subprocess.run(["git", "ls-files", "-z", "."], cwd=source, capture_output=True, text=True, check=True)
    return set(filter(None, told.stdout.split("\0")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
