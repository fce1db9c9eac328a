"""The digest of a state: XXH64 over its packed fields, seeded with the digest of its completed cycles (`docs/wire.md`)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import xxhash

from reducer.domain import FLOAT_KINDS, KINDS, Kind
from reducer.types import CycleRecord, PairState

_INT, _FLOAT = struct.Struct("<q"), struct.Struct("<d")
_PACK_INT, _PACK_FLOAT = _INT.pack, _FLOAT.pack
_NULL = bytes(8)
# So many lengths of texts are remembered.
_STRUCTS_MAX = 256


def _packer(kind: Kind) -> Callable[[Any], bytes]:
    if kind.literals:
        return {text: _PACK_INT(code) for text, code in _codes(kind).items()}.__getitem__
    if kind.name in ("int", "bool"):
        return _PACK_INT
    return _pack_optional if kind.optional else _PACK_FLOAT


def _codes(kind: Kind) -> dict[str | None, int]:
    codes: dict[str | None, int] = {text: index + kind.optional for index, text in enumerate(kind.literals)}
    return {None: 0, **codes} if kind.optional else codes


def _pack_optional(value: float | None) -> bytes:
    return _NULL * 2 if value is None else _PACK_INT(1) + _PACK_FLOAT(value)


def _packing(kinds: Sequence[Kind]) -> Callable[[Sequence[Any]], bytes]:
    """Return a function that packs values of these kinds all at once."""
    codes = [(index, _codes(kind)) for index, kind in enumerate(kinds) if kind.literals]
    # A text and a float that may be null take two items each, so that the last is replaced first.
    pairs = [(index, kind.name == "Text") for index, kind in enumerate(kinds) if kind.name == "Text" or _is_optional(kind)]
    pairs.reverse()
    by_lengths: dict[tuple[int, ...], Callable[..., bytes]] = {}

    def packed(given: Sequence[Any]) -> bytes:
        values = list(given)
        for index, table in codes:
            values[index] = table[values[index]]
        lengths: tuple[int, ...] = ()
        for index, is_text in pairs:
            value = values[index]
            if is_text:
                encoded = value.encode()
                values[index : index + 1] = (len(encoded), encoded)
                lengths = (len(encoded), *lengths)
            else:
                values[index : index + 1] = (0, 0.0) if value is None else (1, value)
        pack_all = by_lengths.get(lengths)
        if pack_all is None:
            pack_all = _struct_of(kinds, lengths).pack
            # Ids repeat in length; what does not is packed without being remembered.
            if len(by_lengths) < _STRUCTS_MAX:
                by_lengths[lengths] = pack_all
        return pack_all(*values)

    return packed


def _is_optional(kind: Kind) -> bool:
    """Return True for a float that may be null; a literal that may be null is one code."""
    return kind.optional and not kind.literals


def _struct_of(kinds: Sequence[Kind], lengths: tuple[int, ...]) -> struct.Struct:
    """Return the layout of values whose texts have these lengths in bytes."""
    left = iter(lengths)
    formats = [
        f"q{next(left)}s" if kind.name == "Text" else "qd" if _is_optional(kind) else "d" if kind.name in FLOAT_KINDS else "q"
        for kind in kinds
    ]
    return struct.Struct("<" + "".join(formats))


_SCALARS = {cls: {name: kind for name, kind in kinds.items() if kind.item is None} for cls, kinds in KINDS.items()}
_PACK = {cls: _packing([*kinds.values()]) for cls, kinds in _SCALARS.items()}
# Only states, orders and records have a digest; each has several fields, so that its getter gives a tuple.
_VALUES: dict[type, Callable[[object], Sequence[Any]]] = {
    cls: attrgetter(*kinds) for cls, kinds in _SCALARS.items() if len(kinds) > 1
}


def pack(value: object) -> bytes:
    """Pack the scalar fields of a state, an order or a record into bytes, in contract order."""
    return _PACK[type(value)](_VALUES[type(value)](value))


Offsets = dict[str, Callable[[bytearray, Any], None]]


def scalar_offsets(cls: type) -> Offsets:
    """Return, for each scalar field of a type without text fields, a function that overwrites it in a packed buffer.

    The function raises `TypeError` for an int in a float field or a float in an int field.
    """
    return {name: _overwriter(kind, offset) for name, kind, offset in _layout(cls)}


def float_offsets(cls: type, *, optional: bool) -> dict[str, int]:
    """Return the byte offsets of float fields in a packed buffer. A field that can be null has a flag before its float."""
    return {name: offset for name, kind, offset in _layout(cls) if kind.name in FLOAT_KINDS and kind.optional is optional}


def _layout(cls: type) -> Iterator[tuple[str, Kind, int]]:
    offset = 0
    for name, kind in KINDS[cls].items():
        if kind.item is None:
            yield name, kind, offset
            offset += 16 if kind.optional and not kind.literals else 8


def _overwriter(kind: Kind, offset: int) -> Callable[[bytearray, Any], None]:
    packer = _packer(kind)
    wanted = {"int": int, "bool": bool}.get(kind.name, float)
    plain = not kind.optional and not kind.literals
    pack_into = _FLOAT.pack_into if wanted is float else _INT.pack_into

    def overwrite(buffer: bytearray, value: Any) -> None:
        if type(value) is wanted and plain:
            pack_into(buffer, offset, value)
            return
        if not kind.literals and value is not None and type(value) is not wanted:
            raise TypeError(f"expected {wanted.__name__}, got {value!r}")
        packed = packer(value)
        buffer[offset : offset + len(packed)] = packed

    return overwrite


def row_packer(cls: type) -> Callable[[Sequence[Any]], bytes]:
    """Return a function that packs an object's values, given in contract order."""
    return _PACK[cls]


def cycles_digest(records: tuple[CycleRecord, ...], chain: int = 0) -> int:
    """Extend the chain of digests by more completed cycles; the chain of no cycles is 0."""
    for record in records:
        chain = xxhash.xxh64_intdigest(pack(record), chain)
    return chain


def state_digest(state: PairState, cycles: int | None = None, row: Callable[[object], bytes] = pack) -> str:
    """Return the digest as 16 hex digits. `cycles` is the chain over the completed cycles, if the caller has it already.

    `row` packs an order, for a caller that remembers those it has packed.
    """
    parts = [pack(state), _PACK_INT(len(state.orders))]
    parts += map(row, state.orders)
    parts.append(_PACK_INT(len(state.recovery_orders)))
    parts += map(row, state.recovery_orders)
    parts.append(_PACK_INT(len(state.completed_cycles)))
    chain = cycles_digest(state.completed_cycles) if cycles is None else cycles
    return xxhash.xxh64_hexdigest(b"".join(parts), chain)
