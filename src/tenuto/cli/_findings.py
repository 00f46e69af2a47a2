"""What there is to say about the machine and the installation."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

_GIB = 2**30
# Arbitrary: a demo of 2000 listeners takes well under half of either.
_LEAST_MEMORY_GIB = 2
_LEAST_DISK_GIB = 1
_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One thing looked at; a "note" is worth knowing, a "fault" has to be mended."""

    what: str
    found: str
    state: Literal["ok", "note", "fault"] = "ok"
    mend: str | None = None


def machine(folder: Path) -> list[Finding]:
    """Python, packages, memory, cores, the disk of ``folder`` and the extras."""
    return [_python(), *packages(), _memory(), _disk(folder), _cores(), _pyspark(), _java()]


def packages() -> list[Finding]:
    """Every library that Tenuto needs, with its version held against what was declared."""
    required = map(Requirement, metadata.requires("tenuto") or [])
    return [
        _package(requirement)
        for requirement in required
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]


def _package(requirement: Requirement) -> Finding:
    mend = f"pip install '{requirement}'"
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(requirement.name, "not installed", "fault", mend)
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(requirement.name, version)
    found = f"{version}, but Tenuto needs {requirement.specifier}"
    return Finding(requirement.name, found, "fault", mend)


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info >= _OLDEST_PYTHON:
        return Finding("Python", version)
    return Finding("Python", version, "fault", "install Python 3.11 or newer")


def _memory() -> Finding:
    found_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    if found_gib >= _LEAST_MEMORY_GIB:
        return Finding("memory", f"{found_gib:.1f} GiB")
    mend = 'set memory = "1GB" under [engine] in tenuto.toml'
    return Finding("memory", f"{found_gib:.1f} GiB", "note", mend)


def _disk(folder: Path) -> Finding:
    """The disk that ``folder`` is on, or would be."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free_gib = shutil.disk_usage(there).free / _GIB
    found = f"{free_gib:.1f} GiB free"
    if free_gib >= _LEAST_DISK_GIB:
        return Finding("disk", found)
    return Finding("disk", found, "fault", f"free some space on the disk of {there}")


def _cores() -> Finding:
    has_affinity = hasattr(os, "sched_getaffinity")
    n_cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count()
    return Finding("cores", str(n_cores))


def _pyspark() -> Finding:
    if importlib.util.find_spec("pyspark") is None:
        return Finding("pyspark (extra)", "not installed: no Spark engine", "note")
    return Finding("pyspark (extra)", metadata.version("pyspark"))


def _java() -> Finding:
    program = shutil.which("java")
    if program is None:
        return Finding("Java (for Spark)", "not installed: no Spark engine", "note")
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'"([^"]+)"', said.stderr)
    if version is None:
        return Finding("Java (for Spark)", f"{program} does not tell its version", "note")
    return Finding("Java (for Spark)", version[1])
