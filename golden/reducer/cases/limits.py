"""Lines at the limits of the wire, and just beyond: nesting, the length of a number, and what stands before the object."""

from __future__ import annotations

from golden.reducer.cases.build import called, line
from golden.reducer.corpus import Call, Definition
from reducer.wire_text import DEPTH_MAX, NUMBER_CHARS_MAX

BYTE_ORDER_MARK = "\ufeff"


def _phase(beside: str) -> Call:
    """Return the line of a request with a short answer, and beside its state something that no port reads further."""
    return line(f'{{"method":"derive_phase","state":{{"note":{beside}}}}}')


def _volume(price: str) -> Call:
    """Return the line of a request for a volume, in which the price is spelled out."""
    return line(f'{{"method":"compute_order_volume","price":{price},"config":{{}},"order_size_usd":2.0}}')


def _nested(levels: int) -> tuple[Call, ...]:
    """Return lines nested in so many levels: of arrays, of objects, of both, and behind a shallow value."""
    inside = levels - 2  # the request and its state are two
    pairs, odd = divmod(inside, 2)
    return (
        _phase("[" * inside + "]" * inside),
        _phase('{"a":' * inside + "1" + "}" * inside),
        _phase('[{"a":' * pairs + "[]" * odd + "1" * (1 - odd) + "}]" * pairs),
        _phase('{"a":[[]],"b":' + "[" * (inside - 1) + "]" * (inside - 1) + "}"),
    )


def _numbers(chars: int) -> tuple[Call, ...]:
    """Return lines with a number of so many characters: an int, floats, and one in an exponent's digits."""
    return (
        _phase("1" * chars),
        _phase("-" + "9" * (chars - 1)),
        _volume("0.1" + "0" * (chars - 4) + "7"),
        _volume("1" + "0" * (chars - 7) + f"e-{chars - 7:04}"),
        _volume("0.1e" + "-" + "0" * (chars - 6) + "1"),
    )


DEFINITIONS: tuple[Definition, ...] = (
    called("limit_of_nesting", "As deep as may be.", *_nested(DEPTH_MAX), _phase('"' + "[{" * DEPTH_MAX + '"')),
    called("limit_of_nesting_passed", "A level deeper.", *_nested(DEPTH_MAX + 1), line("[" * (DEPTH_MAX + 1))),
    called("limit_of_numbers", "Numbers as long as may be.", *_numbers(NUMBER_CHARS_MAX),
        _phase('"' + "1" * (NUMBER_CHARS_MAX + 1) + '"')),
    called("limit_of_numbers_passed", "Numbers a character longer.", *_numbers(NUMBER_CHARS_MAX + 1)),
    called(
        "lines_that_begin_otherwise", "A line begins with its object, or with blanks; a byte order mark is no blank.",
        line(' \t\r{"method":"derive_phase","state":{}} '),
        line(BYTE_ORDER_MARK + '{"method":"derive_phase","state":{}}'),
        line(" " + BYTE_ORDER_MARK + '{"method":"derive_phase","state":{}}'),
        line('{"method":"derive_phase","state":{}}' + BYTE_ORDER_MARK),
        _phase(f'"{BYTE_ORDER_MARK}"'),
    ),
)  # fmt: skip
