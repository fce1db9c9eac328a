"""The machine, as far as speed and last bits depend on it."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path

import psutil


@cache
def machine() -> dict[str, str | int]:
    """Processor, CPUs, memory, system, and the build of Python."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cpus": os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "byteorder": sys.byteorder,
        "python": _python(),
    }


def _python() -> str:
    """The interpreter with the day and the compiler of its build: of one version, builds differ by a third in speed."""
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{version} ({', '.join(platform.python_build())}) {platform.python_compiler()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor())
