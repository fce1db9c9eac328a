"""The catalogue of a subject's mutants: every change that the operators can make, with its name."""

from __future__ import annotations

import ast
import importlib.util
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from harness.mutants.operators import EXPRESSIONS, Change
from harness.mutants.statements import dropped, statements
from harness.mutants.vocabulary import Vocabulary


@dataclass(frozen=True)
class Source:
    """The modules of a package that are mutated. `unreachable` maps functions that are left out to the reasons.

    `constants` adds assignments outside of functions: named numbers, defaults of fields.
    """

    package: str
    modules: tuple[str, ...]
    unreachable: Mapping[str, str]
    words: Vocabulary
    constants: bool = False


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """The reference with one change at `line` and `column`. `node` is the index of the replaced node in its module."""

    package: str
    module: str
    function: str
    line: int
    column: int
    operator: str
    variant: str
    before: str
    after: str
    node: int
    new: ast.AST
    is_function: bool = True
    number: int = 1

    @property
    def id(self) -> str:
        """An identifier that is stable as long as the line is unchanged."""
        again = f"#{self.number}" if self.number > 1 else ""
        return f"{self.module}:{self.line}:{self.column}:{self.operator}:{self.variant}{again}"

    @property
    def where(self) -> str:
        """The module and the function."""
        return f"{self.module}.{self.function}"

    @property
    def text(self) -> str:
        """The source line of the change."""
        return source_of(self.module, self.package).splitlines()[self.line - 1].strip()

    @property
    def above(self) -> str:
        """The source line before that of the change; empty if there is none."""
        return "".join(source_of(self.module, self.package).splitlines()[self.line - 2 : self.line - 1]).strip()

    @property
    def change(self) -> str:
        """The change in one line."""
        return f"{self.before} -> {self.after}"

    def tree(self) -> ast.Module:
        """Return the syntax tree of the changed module."""
        tree = ast.parse(source_of(self.module, self.package))
        target = list(ast.walk(tree))[self.node]
        changed = _Put(target, self.new).visit(tree)
        assert isinstance(changed, ast.Module)
        return ast.fix_missing_locations(changed)


class _Put(ast.NodeTransformer):
    """Replaces one node by another."""

    def __init__(self, target: ast.AST, new: ast.AST) -> None:
        self.target = target
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the replacement, or the node after visiting its children."""
        return self.new if node is self.target else self.generic_visit(node)


@lru_cache
def source_of(module: str, package: str) -> str:
    """Read the source of a module of the reference."""
    spec = importlib.util.find_spec(f"{package}.{module}")
    assert spec is not None, f"the reference has a module {module}"
    assert spec.origin is not None, f"{module} has a file"
    return Path(spec.origin).read_text(encoding="utf-8")


def all_mutants(source: Source) -> list[Mutant]:
    """Return every mutant, in the order of the source, with unique ids."""
    return [mutant for module in source.modules for mutant in _of_module(source, module)]


def _of_module(source: Source, module: str) -> Iterator[Mutant]:
    tree = ast.parse(source_of(module, source.package))
    numbers = {id(node): number for number, node in enumerate(ast.walk(tree))}
    taken: Counter[str] = Counter()
    for function, definition in _definitions(tree, constants=source.constants):
        if f"{module}.{function}" in source.unreachable:
            continue
        seen: set[tuple[int, str]] = set()
        for node, operator, change in _changes(definition, source.words):
            key = (numbers[id(node)], ast.dump(change.new))
            if key in seen or key[1] == ast.dump(node):
                continue
            seen.add(key)
            at = change.at or node
            line, column = getattr(at, "lineno", 0), getattr(at, "col_offset", 0)
            taken[name := f"{line}:{column}:{operator}:{change.variant}"] += 1
            before, after = change.shown or (ast.unparse(node), ast.unparse(change.new))
            yield Mutant(
                package=source.package,
                module=module,
                function=function,
                line=line,
                column=column,
                operator=operator,
                variant=change.variant,
                before=" ".join(before.split()),
                after=" ".join(after.split()),
                node=numbers[id(node)],
                new=change.new,
                is_function=isinstance(definition, ast.FunctionDef),
                number=taken[name],
            )


Definition = ast.FunctionDef | ast.Assign | ast.AnnAssign


def _definitions(tree: ast.Module, *, constants: bool) -> Iterator[tuple[str, Definition]]:
    """Yield functions and methods by name; with `constants`, also assignments outside of them."""
    for prefix, node in _parts(tree):
        if isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node
        elif constants and isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield f"{prefix}{ast.unparse(target)}", node


def _parts(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.", inner) for inner in node.body)
        else:
            yield "", node


def _changes(definition: Definition, words: Vocabulary) -> Iterator[tuple[ast.AST, str, Change]]:
    parameters = _parameters(definition)
    for node in _behaviour(definition):
        for operator, change in statements(node, parameters | _bound_before(definition, node)):
            yield node, operator, change
        for name, expression in {**EXPRESSIONS, "assignment": dropped}.items():
            for change in expression(node, words):
                yield node, name, change


def _parameters(definition: Definition) -> Set[str]:
    if not isinstance(definition, ast.FunctionDef):
        return set()
    return {each.arg for each in (*definition.args.args, *definition.args.kwonlyargs)}


def _bound_before(definition: Definition, block: ast.AST) -> Set[str]:
    """Return the names that a function binds in the lines above one of its blocks."""
    if block is definition:
        return set()
    first = getattr(block, "lineno", 0)
    names = (node for node in ast.walk(definition) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {name.id for name in names if name.lineno < first}


def _behaviour(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function that affect its behaviour, without annotations, docstrings and assertions."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "defaults", "kw_defaults"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _says_nothing(child):
                yield from _behaviour(child)


def _says_nothing(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Expr):
        # Docstrings, and assert_never, which only a type checker reaches.
        called = node.value.func if isinstance(node.value, ast.Call) else None
        return isinstance(node.value, ast.Constant) or (isinstance(called, ast.Name) and called.id == "assert_never")
    # The options of a literal type.
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("get_args",)
