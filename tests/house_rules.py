"""The rules of the house, over syntax trees: each function yields a sentence for every place that breaks its rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

LINES_MAX, FUNCTION_LINES_MAX = 300, 70
PACKAGES = (
    "harness",
    "generators",
    "golden",
    "reducer",
    "detector",
    "doge_core",
    "doge_detector",
    "doge_shadow",
    "doge_telemetry",
)
# Folders of the harness that everything else may import, and that import nothing of it but each other and the face.
LOW = ("comparators", "store", "bench")
Trees = Mapping[str, ast.Module]


def trees_of(root: Path) -> dict[str, ast.Module]:
    """The modules of the packages, by their dotted names."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports_of(tree: ast.Module, known: Mapping[str, object]) -> set[str]:
    """The known modules that a module imports, wherever the import stands; those for a type checker alone do not count."""
    hidden = {id(each) for node in ast.walk(tree) if _for_types(node) for each in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & known.keys()
            found |= submodules or {node.module}
    return found & known.keys()


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def subjects_in(root: Path) -> list[str]:
    """The names of the subjects: one folder each."""
    return sorted(path.name for path in (root / "harness" / "subjects").iterdir() if (path / "__init__.py").exists())


def no_subject_is_named(root: Path) -> Iterator[str]:
    """Shared code of the harness names no subject and imports none."""
    names = subjects_in(root)
    for path in sorted((root / "harness").rglob("*.py")):
        if (root / "harness" / "subjects") in path.parents:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for name in names:
                if re.search(rf"(?i)(?<![a-z]){name}(?![a-z])", line):
                    yield f"{path.relative_to(root)}:{number} names the subject {name}"


def subjects_stay_apart(root: Path) -> Iterator[str]:
    """A subject imports no other one, no command and nothing of the fuzz."""
    trees, names = trees_of(root), subjects_in(root)
    for module, tree in trees.items():
        for name in names:
            if module.startswith(f"harness.subjects.{name}"):
                others = tuple(f"harness.subjects.{other}" for other in names if other != name)
                foreign = (*others, "harness.cli", "harness.fuzz", *(other for other in names if other != name))
                for imported in sorted(imports_of(tree, trees)):
                    if any(imported == each or imported.startswith(f"{each}.") for each in foreign):
                        yield f"{module} imports {imported}"


def low_folders_import_nothing_above(root: Path) -> Iterator[str]:
    """Comparators, store and benchmarks know nothing of the engine."""
    trees = trees_of(root)
    for module, tree in trees.items():
        if module.startswith(tuple(f"harness.{folder}" for folder in LOW)):
            for imported in sorted(imports_of(tree, trees)):
                allowed = ("harness", *(f"harness.{folder}" for folder in LOW))
                if imported.startswith("harness") and imported != "harness" and not imported.startswith(allowed[1:]):
                    yield f"{module} imports {imported}"


def dashboards_run_nothing(root: Path) -> Iterator[str]:
    """The dashboard reads evidence, and imports nothing that could run a port."""
    trees = trees_of(root)
    readable = tuple(f"harness.{name}" for name in ("dashboard", "evidence", "gate", "store", "panel", "words"))
    for module, tree in trees.items():
        if module.startswith("harness.dashboard"):
            for imported in sorted(imports_of(tree, trees)):
                if imported.startswith("harness.") and not imported.startswith(readable):
                    yield f"{module} imports {imported}"


def no_circles(root: Path) -> Iterator[str]:
    """No module imports itself by way of others."""
    trees = trees_of(root)
    graph = {module: imports_of(tree, trees) - {module} for module, tree in trees.items()}
    done: set[str] = set()

    def visit(module: str, way: list[str]) -> Iterator[str]:
        if module in way:
            yield " -> ".join([*way[way.index(module) :], module])
        elif module not in done:
            for imported in sorted(graph[module]):
                yield from visit(imported, [*way, module])
            done.add(module)

    for module in graph:
        yield from visit(module, [])


def nothing_is_too_long(root: Path) -> Iterator[str]:
    """No module has more than 300 lines, no function more than 70."""
    folders = [root / package for package in (*PACKAGES, "tests")]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > LINES_MAX:
            yield f"{path.relative_to(root)} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield f"{path.relative_to(root)}:{node.lineno} {node.name} has {lines} lines"


RULES = (
    no_subject_is_named,
    subjects_stay_apart,
    low_folders_import_nothing_above,
    dashboards_run_nothing,
    no_circles,
    nothing_is_too_long,
)
