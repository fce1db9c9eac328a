"""The freeze of a reference: since when its meaning has not changed, from the history of this checkout."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from generators.errors import ParityError
from harness import ROOT
from harness.evidence.statement import stamp
from harness.store.chain import CLOCK_SEC

GIT_SEC = 60.0


class HistoryError(ParityError):
    """The history cannot tell since when the reference is as it is."""

    exit_code = 3


def frozen_since(files: Sequence[Path]) -> tuple[float, str]:
    """The time of the last change of meaning, in seconds since 1970, and the commit that made it.

    The time is the change's own or that of the newest commit before it, whichever is later: a date is only what somebody wrote.
    Raises `HistoryError` where there is no whole history, where the files in the working tree mean something else than those
    that were committed, and where the change or a commit since is dated before a commit that it follows.
    """
    paths = sorted(_path(file) for file in files)
    if _git("rev-parse", "--is-shallow-repository").strip() != "false":
        raise HistoryError("freeze: the history of this checkout is cut off; run git fetch --unshallow")
    now = {path: meaning_of((ROOT / path).read_text(encoding="utf-8")) for path in paths}
    if now != _committed("HEAD", paths):
        raise HistoryError("freeze: the reference was changed and not committed; commit it, and the freeze begins")
    for line in _git("log", "--first-parent", "--format=%H %P", "--", *paths).splitlines():
        commit, *parents = line.split()
        if not parents or _committed(parents[0], paths) != now:
            return _since(commit), commit
    raise HistoryError("freeze: no commit of this history made the reference what it is")


def _since(change: str) -> float:
    """The time from which on a commit can have been there. Raises `HistoryError` where the dates contradict each other."""
    rows = [line.split() for line in _git("log", "--format=%H %ct %P", "HEAD").splitlines()]
    times = {commit: float(seconds) for commit, seconds, *_ in rows}
    parents = {commit: before for commit, _, *before in rows}
    earlier: set[str] = set()
    waiting = list(parents[change])
    while waiting:
        commit = waiting.pop()
        if commit not in earlier:
            earlier.add(commit)
            waiting += parents[commit]
    for commit in parents.keys() - earlier:
        for parent in parents[commit]:
            if times[parent] - times[commit] > CLOCK_SEC:
                one, other = (f"{each[:12]} ({stamp(times[each])[:19]})" for each in (commit, parent))
                raise HistoryError(
                    f"freeze: commit {one} is dated before {other}, which it follows; nobody can tell what is true"
                )
    return max(times[commit] for commit in {change, *earlier})


def _path(file: Path) -> str:
    try:
        return file.resolve().relative_to(ROOT).as_posix()
    except ValueError:
        raise HistoryError(f"freeze: {file} is not part of this checkout, whose history is asked") from None


def meaning_of(source: str) -> str:
    """The syntax tree of a module as text, without comments, docstrings and places. Raises `HistoryError`."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise HistoryError(f"freeze: the reference cannot be parsed ({error})") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                node.body = node.body[1:]
    return ast.dump(tree)


def _committed(commit: str, paths: Sequence[str]) -> Mapping[str, str]:
    """The meanings of those of the files that a commit has."""
    there = set(_git("ls-tree", "-r", "--name-only", commit, "--", *paths).splitlines())
    return {path: meaning_of(_git("show", f"{commit}:{path}")) for path in paths if path in there}


def _git(*arguments: str) -> str:
    try:
        # A commit that somebody put in the place of another one tells another history.
        command = ["git", "--no-replace-objects", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=GIT_SEC, check=True, encoding="utf-8")
    except FileNotFoundError as error:
        raise HistoryError("freeze: git is not here; install it") from error
    except subprocess.CalledProcessError as error:
        raise HistoryError(f"freeze: git {arguments[0]} failed ({error.stderr.strip().partition(chr(10))[0]})") from error
    except subprocess.TimeoutExpired as error:
        raise HistoryError(f"freeze: git {arguments[0]} took more than {GIT_SEC:g} s") from error
    return done.stdout
