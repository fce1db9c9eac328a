"""The image of the Dockerfile, as it runs: `tox -e image` builds it and calls this with DOGE_IMAGE=1."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT

IMAGE, NAME = ROOT / ".ci" / "image", "localhost/doge-parity"
TOKEN = "a-token-for-tests-only"
SITE = "/opt/doge/lib/python3.11/site-packages"
EXECUTABLE = f"{SITE}/doge_core_exe/doge-core-exe"
START_SEC = 60.0
needs_image = pytest.mark.skipif(
    os.environ.get("DOGE_IMAGE") != "1", reason="MISSING: the image; sudo tox -e image builds it and runs this test"
)


def ran(*words: str, **settings: str) -> tuple[int, str]:
    done = subprocess.run(
        [IMAGE, "run", *words], env=os.environ | settings, capture_output=True, text=True, check=False, timeout=900
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def serving(**settings: str) -> Iterator[int]:
    """The image's own command, at a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["sh", "-c", 'exec parity serve --host 0.0.0.0 --port "$PORT"']
    process = subprocess.Popen(
        [IMAGE, "run", *command], env=os.environ | {"PARITY_TOKEN": TOKEN, "PORT": str(port)} | settings, start_new_session=True
    )
    try:
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60.0)


def asked(port: int, path: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    until = time.monotonic() + START_SEC
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5.0) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def backends(port: int) -> dict[str, Any]:
    until = time.monotonic() + START_SEC
    while not (found := json.loads(asked(port, "/status.json"))["backends"]):
        assert time.monotonic() < until
        time.sleep(0.5)
    return {each["subject"]: each for each in found}


def health_check() -> list[str]:
    """The command that the image names for it."""
    about = subprocess.run(["buildah", "inspect", "--type", "image", NAME], capture_output=True, text=True, check=True).stdout
    kind, *check = json.loads(about)["Docker"]["config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    return [str(word) for word in check]


def test_the_last_stage_installs_no_compiler_and_its_command_is_the_one_that_is_tested() -> None:
    runtime = (ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    assert not re.search(r"\b(gcc|g\+\+|ghc|cabal|cargo|rustc)\b", runtime)
    assert "\nUSER 10001\n" in runtime
    assert r'CMD ["sh", "-c", "exec parity serve --host 0.0.0.0 --port \"$PORT\""]' in runtime
    # Railway knows no volumes of an image.
    assert "VOLUME" not in runtime


def test_hadolint_has_nothing_to_say(tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("hadolint")

    def said(file: Path) -> tuple[int, str]:
        done = subprocess.run([tool, "--no-color", file], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout

    assert said(ROOT / "Dockerfile") == (0, "")
    bad = tmp_path / "Dockerfile"
    bad.write_text((ROOT / "Dockerfile").read_text(encoding="utf-8").replace("WORKDIR /data", "WORKDIR data"), encoding="utf-8")
    code, text = said(bad)
    assert (code, "DL3000" in text) == (1, True)


def test_every_file_that_the_dockerfile_copies_is_let_in() -> None:
    """A file of a checkout that .dockerignore leaves out cannot be copied; nor may what was built here get in."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        word.rstrip("/") for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for word in line.split()
    }
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert copied == {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


@needs_image
def test_what_lies_about_in_a_checkout_is_no_part_of_a_context(tmp_path: Path) -> None:
    """Somebody who builds by hand builds from a checkout, not from a clone."""
    planted = [
        "harness/.env",
        "harness/my.pem",
        "doge-core/cabal.project.local",
        "doge-hmm/target/x",
        "other.txt",
        ".git/config",
    ]
    planted += ["doge-hmm/python/doge_hmm/_native.abi3.so", "doge-core/bin/doge-core-exe", "harness/__pycache__/x.pyc"]
    for name in (*planted, "harness/kept.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_bytes((ROOT / ".dockerignore").read_bytes())
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n", encoding="utf-8")
    tag = "localhost/doge-parity-context"
    subprocess.run(["buildah", "build", "--isolation", "chroot", "-q", "--tag", tag, tmp_path], check=True, capture_output=True)
    container = subprocess.run(["buildah", "from", tag], check=True, capture_output=True, text=True).stdout.strip()
    try:
        root = Path(subprocess.run(["buildah", "mount", container], check=True, capture_output=True, text=True).stdout.strip())
        assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == {"harness/kept.py", "README.md"}
    finally:
        subprocess.run(["buildah", "rm", container], check=True, capture_output=True)
        subprocess.run(["buildah", "rmi", tag], check=True, capture_output=True)


@needs_image
def test_it_runs_as_nobody_who_may_write_to_it() -> None:
    code, said = ran("id", "-u")
    assert (code, said) == (0, "10001\n")
    find = "find / -xdev -writable ( -type d -o -type f ) -not -path /proc/* -not -path /dev/* -not -path /sys/*"
    code, said = ran(*find.split())
    places = {line for line in said.splitlines() if line.startswith("/") and ": " not in line}
    assert all(re.match(r"/(data|tmp|var/tmp|run/lock)(/|$)", place) for place in places), places


@needs_image
def test_there_is_no_compiler_in_it() -> None:
    code, said = ran("sh", "-c", "! command -v gcc g++ cc ghc cabal cargo rustc make")
    assert (code, said) == (0, "")


@needs_image
def test_both_compiled_ports_answer_and_the_server_is_healthy() -> None:
    with serving() as port:
        assert asked(port, "/healthz") == "ok\n"
        assert {name: each["answered"] for name, each in backends(port).items()} == {"reducer": "haskell", "detector": "rust"}
        # The image's own check, from beside: both share the network here.
        check = health_check()
        assert ran(*check, PORT=str(port)) == (0, "")
    assert ran(*check, PORT=str(port))[0] != 0


@needs_image
def test_without_the_executable_it_boots_on_python_and_says_so() -> None:
    with serving(WITHOUT=EXECUTABLE) as port:
        found = backends(port)
        assert asked(port, "/healthz") == "ok\n"
    assert {name: each["answered"] for name, each in found.items()} == {"reducer": "python", "detector": "rust"}
    assert "no executable found" in found["reducer"]["said"][0]


@needs_image
def test_without_the_extension_it_boots_on_python_and_says_so() -> None:
    with serving(WITHOUT=f"{SITE}/doge_hmm/_native.abi3.so") as port:
        found = backends(port)
    assert {name: each["answered"] for name, each in found.items()} == {"reducer": "haskell", "detector": "python"}
    assert "doge_hmm cannot be used" in found["detector"]["said"][0]


@needs_image
def test_it_asks_for_a_token_where_others_can_reach_it() -> None:
    code, said = ran("parity", "serve", "--host", "0.0.0.0", PARITY_TOKEN="")
    assert code == 2
    assert "set PARITY_TOKEN" in said


@needs_image
def test_a_run_inside_it_is_at_parity() -> None:
    code, said = ran("parity", "run", "--all", "--sequences", "300")
    assert code == 0, said
    assert "PARITY: every port answers as its reference does" in said


# The sources of the packages in the image, each with its SHA-256.
SOURCES = """
import hashlib, json, pathlib, sys
site = pathlib.Path(sys.argv[1])
files = [path for name in sys.argv[2:] for path in (site / name).rglob("*.py")]
print(json.dumps({path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}))
"""
PACKAGES = ("reducer", "detector", "doge_core", "doge_detector", "doge_shadow", "doge_telemetry", "generators", "harness")


@needs_image
def test_its_sources_are_those_of_the_last_commit() -> None:
    # A cached step would give an image of an earlier one, on which every other test passes.
    code, told = ran("python", "-c", SOURCES, SITE, *PACKAGES)
    assert code == 0, told
    there: dict[str, str] = json.loads(told.strip().splitlines()[-1])
    listed = ["git", "ls-tree", "-r", "--name-only", "HEAD", "--", *PACKAGES]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    here = {}
    for name in names:
        if name.endswith(".py"):
            data = subprocess.run(["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, check=True).stdout
            here[name] = hashlib.sha256(data).hexdigest()
    assert there == here
