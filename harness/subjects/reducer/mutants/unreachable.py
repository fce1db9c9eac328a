"""Code of the reference reducer that no wire request reaches or can observe. It is neither mutated nor counted."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

# Functions whose changes no comparison of ports can show, with the reasons.
UNREACHABLE: Mapping[str, str] = {
    "orders.add_entry_order": "the runtime calls it in Python; no method of the wire does",
    "orders.apply_order_txid": "the runtime calls it in Python; no method of the wire does",
    "orders.apply_recovery_txid": "the runtime calls it in Python; no method of the wire does",
    "domain._kind": "reads the contract's types when the module is loaded; the contract check compares them",
    "domain._kinds": "reads the contract's types when the module is loaded; the contract check compares them",
    "domain.is_checked": "saves time; what it skips was checked before",
    "domain.mark_checked": "saves time; what it skips was checked before",
    "domain.check_object": "guards Python callers; the wire's reader has checked each value by its kind already",
    "domain._same_items": "part of check_object",
    "domain.check_event": "guards Python callers; the wire's reader refuses what is not an event",
}


def unreachable_lines(file: Path) -> frozenset[int]:
    """Return the lines of a module of the reference that belong to `UNREACHABLE` functions."""
    functions = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef))
    return frozenset(
        line
        for function in functions
        if file.parent.name == "reducer" and f"{file.stem}.{function.name}" in UNREACHABLE
        for line in range(function.lineno, (function.end_lineno or function.lineno) + 1)
    )
