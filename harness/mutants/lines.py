"""Which lines of a reference a case executes, and which lines a mutant changes: a case that executes none of them is no use."""

from __future__ import annotations

import ast
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from harness.mutants.catalogue import Mutant, source_of

Lines = Mapping[str, Set[int]]


@contextmanager
def executing(package: str | None) -> Iterator[Lines | None]:
    """Collect the lines of a package that are executed inside the block, by module; None without a package."""
    if package is None:
        yield None
        return
    spec = find_spec(package)
    assert spec is not None, f"the reference has a package {package}"
    assert spec.origin is not None, f"{package} has a file"
    folder, executed = f"{Path(spec.origin).parent}{os.sep}", defaultdict[str, set[int]](set)
    tracers: dict[CodeType, Any] = {}

    def tracer_of(code: CodeType) -> Any:
        if not code.co_filename.startswith(folder):
            return None
        note = executed[Path(code.co_filename).stem].add

        def trace(frame: FrameType, _event: str, _: Any) -> Any:
            note(frame.f_lineno)
            return trace

        return trace

    def enter(frame: FrameType, _event: str, _: Any) -> Any:
        code = frame.f_code
        if code not in tracers:
            tracers[code] = tracer_of(code)
        return tracers[code]

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield executed
    finally:
        sys.settrace(before)


@cache
def lines_of(mutant: Mutant) -> range:
    """Return the lines of the statement, or of the head of the compound statement, that a mutant of a function changes."""
    nodes, statement_of = _statements(mutant.module, mutant.package)
    target = nodes[mutant.node]
    if isinstance(getattr(target, "body", None), list):
        # A statement of one of its blocks that is left out, or swapped with the next, matters only if it is executed.
        inside = (each for each in ast.walk(target) if isinstance(each, ast.stmt) and each is not target)
        changed = next((each for each in inside if each.lineno == mutant.line), None)
        if changed is not None:
            return range(changed.lineno, (changed.end_lineno or changed.lineno) + 1)
    statement = target if isinstance(target, ast.stmt) else statement_of[id(target)]
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


@cache
def _statements(module: str, package: str) -> tuple[list[ast.AST], dict[int, ast.stmt]]:
    """Return the nodes of a module in the order of `ast.walk`, and the innermost statement around each expression."""
    tree = ast.parse(source_of(module, package))
    statement_of: dict[int, ast.stmt] = {}

    def visit(node: ast.AST, around: ast.stmt | None) -> None:
        for child in ast.iter_child_nodes(node):
            if around is not None:
                statement_of[id(child)] = around
            visit(child, child if isinstance(child, ast.stmt) else around)

    visit(tree, None)
    return list(ast.walk(tree)), statement_of
