"""Operators on statements: one dropped, two swapped, a keyword of `replace` left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from harness.mutants.operators import Change, with_field
from harness.mutants.vocabulary import Vocabulary


def dropped(node: ast.AST, words: Vocabulary) -> Iterator[Change]:
    """Leave out a field in a call of `replace`, or a field with a default in a constructor call."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None and (node.func.id == "replace" or keyword.arg in words.records.get(node.func.id, ())):
            keywords = [*node.keywords[:index], *node.keywords[index + 1 :]]
            shown = (f"{keyword.arg}={ast.unparse(keyword.value)}", "(left out)")
            yield Change(keyword.arg, with_field(node, keywords=keywords), at=keyword, shown=shown)


def statements(owner: ast.AST, bound: Set[str]) -> Iterator[tuple[str, Change]]:
    """Yield operator and change for every list of statements of a node. `bound` are the names bound before it."""
    for name in ("body", "orelse"):
        block = getattr(owner, name, None)
        if isinstance(block, list) and all(isinstance(each, ast.stmt) for each in block):
            for operator, change in _of_block(block, bound, within_if=isinstance(owner, ast.If)):
                items = change.new
                assert isinstance(items, ast.Module), "a changed block is wrapped in a module"
                new = with_field(owner, **{name: items.body})
                yield operator, Change(change.variant, new, change.at, change.shown)


def _of_block(block: list[ast.stmt], bound: Set[str], *, within_if: bool) -> Iterator[tuple[str, Change]]:
    known = set(bound)
    for index, statement in enumerate(block):
        head = ast.unparse(statement).splitlines()[0]
        operator = _droppable(statement, known, within_if=within_if)
        if operator is not None:
            items: list[ast.stmt] = [*block[:index], ast.Pass(), *block[index + 1 :]]
            yield operator, Change("dropped", ast.Module(items, []), statement, (head, "(left out)"))
        if index + 1 < len(block) and _may_swap(statement, block[index + 1], known):
            items = [*block[:index], block[index + 1], statement, *block[index + 2 :]]
            following = ast.unparse(block[index + 1]).splitlines()[0]
            shown = (f"{head}; {following}", f"{following}; {head}")
            yield "order", Change("statements", ast.Module(items, []), statement, shown)
        known |= stored(statement)


def _droppable(statement: ast.stmt, known: Set[str], *, within_if: bool) -> str | None:
    """Return the operator that drops a statement, or None if the rest could not run without it."""
    if isinstance(statement, ast.Assign) and stored(statement) <= known:
        return "assignment"
    if isinstance(statement, ast.AugAssign):
        return "assignment"
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        # Only a type checker reaches assert_never.
        return None if ast.unparse(statement.value.func) == "assert_never" else "assignment"
    if isinstance(statement, ast.Raise | ast.Continue) or (isinstance(statement, ast.Return) and within_if):
        return "early_end"
    return None


def _may_swap(first: ast.stmt, second: ast.stmt, known: Set[str]) -> bool:
    """Return True if the second statement can run before the first, with a possible difference.

    A statement that ends the function stays last, and one that first binds a name stays first. Two statements that share no
    names are independent.
    """
    ends = (ast.Return, ast.Raise, ast.Continue, ast.Pass, ast.Assert)
    if isinstance(first, ends) or isinstance(second, ends) or _is_text(first) or isinstance(first, ast.AnnAssign):
        return False
    if (stored(first) - known) & loaded(second):
        return False
    one, other = stored(first), stored(second)
    shared = one & (other | loaded(second)) or other & loaded(first)
    return bool(shared) or (_leaves(first) and _leaves(second)) or (_acts(first) and _acts(second))


def _leaves(statement: ast.stmt) -> bool:
    """Return True if the function may end here; the order of two such statements matters."""
    return any(isinstance(each, ast.Return | ast.Raise | ast.Continue) for each in ast.walk(statement))


def _acts(statement: ast.stmt) -> bool:
    """Return True if the statement may have an effect, as a call; the order of two such statements matters."""
    return any(isinstance(each, ast.Expr | ast.AugAssign) for each in ast.walk(statement))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def stored(node: ast.AST) -> set[str]:
    """Return the names that a node binds."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def loaded(node: ast.AST) -> set[str]:
    """Return the names that a node reads."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
