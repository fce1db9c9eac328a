"""Digests of the things that a check looks at and with: sources, ports, fixtures, tools and the machine."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from doge_telemetry.machine import machine
from harness.engine.builds import ENGINE, files_of
from harness.evidence.statement import EvidenceError, canonical, digest_of
from harness.parts import SubjectError
from harness.subject import Subject

PORT = "port "
MACHINE, TOOLCHAIN = "machine", "toolchain"


def digests_of(about: Subject[Any], ports: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 by name: each role of sources, `fixtures`, `port NAME` for each of `ports`, the toolchain, the machine.

    `ports` gives the candidate behind each port's name as the command line named it, or an empty text for a built-in one.
    """
    digests = {name: _digest_of_files(paths) for name, paths in files_behind(about, ports).items()}
    return digests | {TOOLCHAIN: digest_of(canonical(toolchain_of(about))), MACHINE: digest_of(canonical(machine()))}


def files_behind(about: Subject[Any], ports: Mapping[str, str]) -> dict[str, Sequence[Path]]:
    """The files behind each digest of sources, fixtures and ports."""
    files: dict[str, Sequence[Path]] = {"engine": files_of(ENGINE), **about.sources()}
    if about.golden is not None:
        files["fixtures"] = sorted((about.golden.folder / "fixtures").glob("*.json"))
    here = about.port_files(())
    for name, candidate in ports.items():
        found = about.port_files((candidate,)).get(candidate) if candidate else here.get(name)
        if found:
            files[PORT + name] = found
    return files


def digests_of_all(asked: Iterable[tuple[Subject[Any], Mapping[str, str]]]) -> dict[str, str]:
    """The digests of several subjects, each with the ports that were asked, as `SUBJECT NAME`."""
    return {f"{about.name} {name}": digest for about, ports in asked for name, digest in digests_of(about, ports).items()}


def built_in(about: Subject[Any]) -> dict[str, str]:
    """The built-in candidates that are made of files, as `digests_of` takes them. Raises `SubjectError`."""
    found = about.port_files(())
    unnamed = [name for name in about.defaults.night_ports if name not in found]
    if unnamed:
        raise SubjectError(about.name, f"names no files of its port {unnamed[0]!r}, so that no evidence would be of it")
    return dict.fromkeys(found, "")


def adapted(about: Subject[Any]) -> dict[str, str]:
    """The candidates that production's adapter asks by itself, and with it a shadow and a drill: those that a night asks."""
    return dict.fromkeys(about.defaults.night_ports, "")


def _digest_of_files(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        try:
            whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        except OSError as error:
            # As while it is built anew.
            raise EvidenceError(f"{path}: cannot be read ({error.strerror}); try again when it is there") from error
    return whole.hexdigest()


def toolchain_of(about: Subject[Any]) -> dict[str, str]:
    """Python, its C library, and the libraries that an outcome depends on."""
    runtime = f"{platform.python_implementation()} {platform.python_version()}"
    return {"python": runtime, "libc": " ".join(platform.libc_ver()), **about.versions()}
