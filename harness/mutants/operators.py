"""Operators on expressions: mistakes that a port could make.

Every operator takes a node and yields changes, each a replacement for this node; the original is never modified. Changes of
statements are in `harness.mutants.statements`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard, TypeVar

from harness.mutants.vocabulary import Vocabulary

Node = TypeVar("Node", bound=ast.AST)

FACTOR = 1.1


@dataclass(frozen=True)
class Change:
    """A replacement for a node. `at` is the node that marks the place of the change, if it is not the replaced one."""

    variant: str
    new: ast.AST
    at: ast.AST | None = None
    shown: tuple[str, str] | None = None


def with_field(node: Node, **fields: object) -> Node:
    """Return a shallow copy of a node with some fields changed."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def parsed(text: str, **parts: ast.expr) -> ast.expr:
    """Parse an expression, with nodes substituted for some names."""

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return parts.get(node.id, node)

    expression: ast.expr = Fill().visit(ast.parse(text, mode="eval").body)
    return expression


def constants(node: ast.AST, words: Vocabulary) -> Iterator[Change]:
    """Change a number by one or by a tenth, to zero or to the other sign; change a text."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return
    value = node.value
    if isinstance(value, str) and value and words.other_text(value) is None:
        yield Change("text", ast.Constant(value + "~"))
    if isinstance(value, int | float):
        yield Change("plus_one", ast.Constant(value + 1))
        yield Change("minus_one", ast.Constant(value - 1))
        if value:
            yield Change("zero", ast.Constant(type(value)(0)))
            yield Change("negated", ast.Constant(-value))
    if isinstance(value, float) and value:
        yield Change("a_tenth_more", ast.Constant(value * FACTOR))


COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt, ast.GtE),
    ast.Gt: (ast.GtE, ast.LtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def comparisons(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Replace a comparison: with or without equality, the other way round, the opposite."""
    if not isinstance(node, ast.Compare):
        return
    for index, (old, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
        for other in COMPARISONS[type(old)]:
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield Change(f"{type(old).__name__}_{other.__name__}", with_field(node, ops=ops), at=right)


def conditions(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Replace a condition: negated, always true, never true."""
    if isinstance(node, ast.If | ast.IfExp):
        for variant, test in _tests(node.test):
            yield Change(variant, with_field(node, test=test), at=node.test, shown=_shown(node.test, test))
    if isinstance(node, ast.comprehension):
        for index, condition in enumerate(node.ifs):
            for variant, test in _tests(condition):
                ifs = [*node.ifs[:index], test, *node.ifs[index + 1 :]]
                yield Change(variant, with_field(node, ifs=ifs), at=condition, shown=_shown(condition, test))


def _tests(test: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    # `comparisons` already negates a single comparison.
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        yield "negated", ast.UnaryOp(ast.Not(), test)
    yield "always", ast.Constant(True)
    yield "never", ast.Constant(False)


def _shown(old: ast.AST, new: ast.AST) -> tuple[str, str]:
    return ast.unparse(old), ast.unparse(new)


ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


def arithmetic(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Use the inverse operation, drop an operand or a sign, or evaluate the formula in another order."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield Change("sign_lost", node.operand)
    if not isinstance(node, ast.BinOp) or type(node.op) not in ARITHMETIC:
        return
    other = ARITHMETIC[type(node.op)]
    yield Change(f"{type(node.op).__name__}_{other.__name__}", with_field(node, op=other()), at=node.right)
    yield Change("left_alone", node.left, at=node.right)
    yield Change("right_alone", node.right, at=node.right)
    left = node.left
    if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add | ast.Mult):
        same_rank = (ast.Add, ast.Sub) if isinstance(left.op, ast.Add) else (ast.Mult, ast.Div)
        if isinstance(node.op, same_rank):
            regrouped = ast.BinOp(left.left, left.op, ast.BinOp(left.right, node.op, node.right))
            yield Change("regrouped", regrouped, at=node.right)


def order(node: ast.AST, words: Vocabulary) -> Iterator[Change]:
    """Swap neighbours: elements of a tuple or a list, arguments of a call."""
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        for index, elements in _swapped(node.elts):
            yield Change(f"elements_{index}", with_field(node, elts=elements))
    if isinstance(node, ast.Call):
        for index, arguments in _swapped(node.args):
            if any(isinstance(each, ast.Name) and each.id in words.objects for each in arguments[index : index + 2]):
                continue
            yield Change(f"arguments_{index}", with_field(node, args=arguments))


def _swapped(items: list[ast.expr]) -> Iterator[tuple[int, list[ast.expr]]]:
    for index in range(len(items) - 1):
        yield index, [*items[:index], items[index + 1], items[index], *items[index + 2 :]]


def indexes(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Shift a slice, a length or a range by one."""
    if isinstance(node, ast.Slice):
        for name in ("lower", "upper"):
            bound = getattr(node, name)
            if bound is not None:
                for variant, off in (("plus_one", "x + 1"), ("minus_one", "x - 1")):
                    yield Change(f"{name}_{variant}", with_field(node, **{name: parsed(off, x=bound)}), at=bound)
    if _calls(node, "len"):
        for variant, off in (("plus_one", "x + 1"), ("minus_one", "x - 1")):
            yield Change(variant, parsed(off, x=node))
    if _calls(node, "range"):
        for index, argument in enumerate(node.args):
            for variant, off in (("plus_one", "x + 1"), ("minus_one", "x - 1")):
                arguments = [*node.args[:index], parsed(off, x=argument), *node.args[index + 1 :]]
                yield Change(f"{index}_{variant}", with_field(node, args=arguments), at=argument)


def _calls(node: ast.AST, *names: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def sides(node: ast.AST, words: Vocabulary) -> Iterator[Change]:
    """Use the other side, trade, role or direction."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and (text := words.other_text(node.value)) is not None:
        yield Change("text", ast.Constant(text))
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        other = words.other_name(node.attr)
        if other is not None:
            yield Change("field", with_field(node, attr=other))
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        other = words.other_name(node.id)
        if other is not None:
            yield Change("name", with_field(node, id=other))
    if isinstance(node, ast.keyword) and node.arg is not None:
        other = words.other_name(node.arg)
        # Only fields of a state: a parameter of a function has no counterpart.
        if other is not None and node.arg.endswith(words.keywords):
            yield Change("keyword", with_field(node, arg=other))


def rounding(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Change the number of digits by one, or round in another way than Python."""
    if not _calls(node, "round"):
        return
    x = node.args[0]
    if len(node.args) == 1:
        for variant, text in (("floor", "math.floor(x)"), ("ceil", "math.ceil(x)"), ("half_up", "math.floor(x + 0.5)")):
            yield Change(variant, parsed(text, x=x))
        return
    digits = node.args[1]
    for variant, text in (
        ("digits_plus_one", "round(x, n + 1)"),
        ("digits_minus_one", "round(x, n - 1)"),
        ("naive", "round(x * 10.0 ** n) / 10.0 ** n"),
        ("floor", "math.floor(x * 10.0 ** n) / 10.0 ** n"),
        ("ceil", "math.ceil(x * 10.0 ** n) / 10.0 ** n"),
        ("half_up", "math.floor(x * 10.0 ** n + 0.5) / 10.0 ** n"),
        ("not_at_all", "x"),
    ):
        yield Change(variant, parsed(text, x=x, n=digits))


def defaults(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Drop an operand of `x or y`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        for index, value in enumerate(node.values):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            new = rest[0] if len(rest) == 1 else with_field(node, values=rest)
            yield Change(f"without_{index}", new, at=value)


def logic(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Exchange `and` and `or`, drop an operand of `and`, drop a `not`."""
    if isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield Change(type(other).__name__, with_field(node, op=other))
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for index, value in enumerate(node.values):
            rest = [*node.values[:index], *node.values[index + 1 :]]
            new = rest[0] if len(rest) == 1 else with_field(node, values=rest)
            yield Change(f"without_{index}", new, at=value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield Change("not_lost", node.operand)


def extremes(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Exchange `min` and `max`, keep only one argument, drop an `abs`."""
    if _calls(node, "min", "max"):
        name = "max" if isinstance(node.func, ast.Name) and node.func.id == "min" else "min"
        yield Change(name, with_field(node, func=ast.Name(name, ast.Load())))
        for index, argument in enumerate(node.args):
            yield Change(f"argument_{index}", argument)
    if _calls(node, "abs"):
        yield Change("abs_lost", node.args[0])


def booleans(node: ast.AST, _words: Vocabulary) -> Iterator[Change]:
    """Exchange True and False."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield Change(str(not node.value), ast.Constant(not node.value))


Operator = Callable[[ast.AST, Vocabulary], Iterator[Change]]

EXPRESSIONS: Mapping[str, Operator] = {
    "constant": constants,
    "comparison": comparisons,
    "condition": conditions,
    "arithmetic": arithmetic,
    "order": order,
    "index": indexes,
    "side": sides,
    "rounding": rounding,
    "default": defaults,
    "logic": logic,
    "extreme": extremes,
    "boolean": booleans,
}
