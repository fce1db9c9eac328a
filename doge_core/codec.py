"""Conversion between the reducer's objects and the lines of the wire."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from operator import is_, is_not, itemgetter
from typing import Any, TypeVar

import msgspec
import xxhash

from doge_core.errors import ServerDriftError, ServerGarbageError
from reducer.digest import Offsets, cycles_digest, float_offsets, pack, row_packer, scalar_offsets
from reducer.domain import CLASSES, FLOAT_KINDS, KINDS, Kind, check_value, mark_checked
from reducer.snapshot import WIRE_FLOATS, encode
from reducer.types import ACTION_TYPES, Action, CycleRecord, EngineConfig, OrderState, PairState, RecoveryOrder, replace

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()
encode_json: Callable[[object], bytes] = _ENCODER.encode
_decode = msgspec.json.Decoder().decode

_FIELDS = {cls: tuple(kinds) for cls, kinds in KINDS.items()}
_STATE_KINDS, _NAMES = KINDS[PairState], _FIELDS[PairState]
_values = itemgetter(*_NAMES)
ACTIONS: dict[str, type[Action]] = {cls.__name__: cls for cls in ACTION_TYPES}
_OFFSETS: Offsets = scalar_offsets(PairState)
_float_offset = float_offsets(PairState, optional=False).get
_optional_offset = float_offsets(PairState, optional=True).get
_INFINITY = b'nity"'
_INFINITE = (math.inf, -math.inf)
_MAY_BE_INFINITE = {
    cls: tuple(name for name, kind in KINDS[cls].items() if kind.name in FLOAT_KINDS and kind.name != "Finite")
    for cls in (EngineConfig, PairState)
}
_new_state = _new_packed = object.__new__
# Past the ban on assignments to frozen objects.
_set_fields = vars(PairState)["__dict__"].__set__
_pack_float_into = struct.Struct("<d").pack_into
_pack_present_into = struct.Struct("<qd").pack_into
_pack_int = struct.Struct("<q").pack
_hexdigest = xxhash.xxh64_hexdigest


def spell_out(plain: Any) -> Any:
    """Return plain data with floats that are not finite as the wire spells them."""
    if isinstance(plain, dict):
        return {key: spell_out(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [spell_out(value) for value in plain]
    if isinstance(plain, float) and not math.isfinite(plain):
        return "NaN" if math.isnan(plain) else "Infinity" if plain > 0 else "-Infinity"
    return plain


def encode_object(value: object) -> bytes:
    """Encode a configuration or a state as JSON."""
    return encode_json(spell_out(encode(value)))


def encode_checked(value: EngineConfig | PairState) -> bytes:
    """Encode a configuration or a state that passed the reference's check, after which few of its fields may be infinite."""
    fields = value.__dict__
    if any(fields[name] in _INFINITE for name in _MAY_BE_INFINITE[type(value)]):
        return encode_object(value)
    return encode_json(value)


def settings_fields(cfg: EngineConfig, order_size_usd: float, order_sizes: Mapping[str, float] | None) -> bytes:
    """Encode the checked fields of a request that apply to every event of a session."""
    # Only the sizes of the two trades matter, and other keys may not be encodable.
    sizes = None if order_sizes is None else spell_out({key: order_sizes[key] for key in ("A", "B") if key in order_sizes})
    size = encode_json(spell_out(order_size_usd))
    return b'"config":%b,"order_size_usd":%b,"order_sizes":%b' % (encode_checked(cfg), size, encode_json(sizes))


def decode_answer(line: bytes) -> dict[str, Any]:
    """Decode an answer to plain data. Raises `ServerGarbageError` if it is not a JSON object."""
    try:
        answer = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerGarbageError(f"the answer is not JSON ({error})") from error
    if type(answer) is not dict:
        raise ServerGarbageError("the answer is no object")
    return answer


def _type_of(kind: Kind) -> type:
    return {"int": int, "bool": bool}.get(kind.name, float if kind.name in FLOAT_KINDS else str)


ROW_TYPES: dict[type, tuple[type, ...]] = {
    cls: tuple(map(_type_of, KINDS[cls].values())) for cls in (OrderState, RecoveryOrder, CycleRecord, *ACTION_TYPES)
}
# No value is any of these.
_NOTHING = (object(),) * max(map(len, _FIELDS.values()))
_ROW_VALUES: dict[type, Callable[[Mapping[str, Any]], tuple[Any, ...]]] = {
    cls: itemgetter(*_FIELDS[cls]) for cls in (OrderState, RecoveryOrder)
}
_PACK_ROW: dict[type, Callable[[Sequence[Any]], bytes]] = {
    cls: row_packer(cls) for cls in (OrderState, RecoveryOrder, CycleRecord)
}


def build(cls: type[T], values: list[Any]) -> T:
    """Build an object from its values in contract order; no field of these types is optional. Raises `ServerGarbageError`."""
    if tuple(map(type, values)) != ROW_TYPES[cls]:
        raise ServerGarbageError(f"{values} is no {cls.__name__}")
    value = object.__new__(cls)
    value.__dict__.update(zip(_FIELDS[cls], values))  # noqa: B905  # as many as there are types; a keyword costs a sixth
    return mark_checked(value)


def read_actions(rows: list[list[Any]]) -> list[Action]:
    """Build the actions of a `step` answer."""
    return [build(ACTIONS[row[0]], row[1:]) for row in rows]


def read_tagged_actions(rows: list[dict[str, Any]]) -> list[Action]:
    """Build the actions of a `transition` answer."""
    return read_actions([[row["_type"], *(row[name] for name in _FIELDS[CLASSES[row["_type"]]])] for row in rows])


class PackedState:
    """A state that client and server share, packed so that the cost of its next digest depends only on what changed."""

    def __init__(self, state: PairState) -> None:
        self.state = state
        self._scalars = bytearray(pack(state))
        self._orders = [pack(order) for order in state.orders]
        self._recoveries = [pack(order) for order in state.recovery_orders]
        self._cycles = len(state.completed_cycles)
        self._chain = cycles_digest(state.completed_cycles)
        self._tail = self._packed_tail()

    def _packed_tail(self) -> bytes:
        orders, recoveries = self._orders, self._recoveries
        return b"".join((_pack_int(len(orders)), *orders, _pack_int(len(recoveries)), *recoveries, _pack_int(self._cycles)))

    def digest(self) -> str:
        """Return the state's digest."""
        return _hexdigest(self._scalars + self._tail, self._chain)

    def patched(self, state: PairState) -> tuple[PackedState, bytes] | None:
        """Return another state that was made of this one, packed, and the patch of the wire; None if no patch can tell it.

        What a field holds is compared by identity, as `dataclasses.replace` leaves it. Raises an exception for some of the
        values that a state may not have; the server refuses the others.
        """
        fields, old, new = state.__dict__, self.state, self._copy(state)
        patch: dict[str, object] = {}
        lists = False
        for name in compress(_NAMES, map(is_not, _values(fields), _values(old.__dict__))):
            value = fields[name]
            offset = _float_offset(name)
            if offset is not None and type(value) is float and math.isfinite(value):
                _pack_float_into(new._scalars, offset, value)
                patch[name] = value
                continue
            if name in _OFFSETS:
                checked = check_value(_STATE_KINDS[name], value, name)
                _OFFSETS[name](new._scalars, checked)
                patch[name] = "Infinity" if checked == math.inf else checked
                if checked is not value:
                    new.state = replace(new.state, **{name: checked})
                continue
            if type(value) is not tuple:
                return None
            lists = True
            if name == "orders":
                patch[name], new._orders = _told(old.orders, self._orders, value, OrderState)
            elif name == "recovery_orders":
                patch[name], new._recoveries = _told(old.recovery_orders, self._recoveries, value, RecoveryOrder)
            else:
                patch[name] = booked = value[self._cycles :]
                checked = check_value(_STATE_KINDS[name], booked, name)
                appended = len(value) >= self._cycles and all(map(is_, old.completed_cycles, value))
                if not appended or not all(map(is_, checked, booked)):
                    return None
                new._cycles, new._chain = len(value), cycles_digest(booked, self._chain)
        if lists:
            new._tail = new._packed_tail()
        return new, encode_json(patch)

    def _copy(self, state: PairState) -> PackedState:
        new = _new_packed(PackedState)
        new.state, new._scalars, new._orders, new._recoveries = state, self._scalars.copy(), self._orders, self._recoveries
        new._cycles, new._chain, new._tail = self._cycles, self._chain, self._tail
        return new

    def apply(self, answer: dict[str, Any], line: bytes) -> PairState:
        """Advance to the state that a `step` answer describes, and return it.

        Raises `ServerDriftError` if the digests differ, and for a malformed answer an exception such as `KeyError` or
        `TypeError`; this object must not be used after that. Every session call runs this code, which is written for speed.
        """
        old = self.state
        changed = answer["set"]
        if _INFINITY in line:
            changed = {name: WIRE_FLOATS.get(value, value) for name, value in changed.items()}
        new = _new_state(PairState)
        fields = {**old.__dict__, **changed}
        _set_fields(new, fields)
        mark_checked(new)
        scalars = self._scalars
        for name, value in changed.items():
            if type(value) is not float:
                _OFFSETS[name](scalars, value)
            elif (offset := _float_offset(name)) is not None:
                _pack_float_into(scalars, offset, value)
            elif (offset := _optional_offset(name)) is not None:
                _pack_present_into(scalars, offset, 1, value)
            else:
                _OFFSETS[name](scalars, value)
        if len(answer) > 3:
            self._apply_lists(old, fields, answer)
        self.state = new
        if answer["digest"] != _hexdigest(scalars + self._tail, self._chain):
            raise ServerDriftError("the state here is not the state at the server")
        return new

    def _apply_lists(self, old: PairState, fields: dict[str, Any], answer: dict[str, Any]) -> None:
        if "orders" in answer:
            fields["orders"], self._orders = _merged(old.orders, self._orders, answer["orders"], OrderState)
        if "recovery_orders" in answer:
            fields["recovery_orders"], self._recoveries = _merged(
                old.recovery_orders, self._recoveries, answer["recovery_orders"], RecoveryOrder
            )
        if "completed_cycles" in answer:
            rows = answer["completed_cycles"]
            fields["completed_cycles"] = old.completed_cycles + tuple([build(CycleRecord, row) for row in rows])
            self._cycles += len(rows)
            for row in rows:
                self._chain = xxhash.xxh64_intdigest(_PACK_ROW[CycleRecord](row), self._chain)
        self._tail = self._packed_tail()


def _told(old: tuple[T, ...], old_packed: list[bytes], items: tuple[T, ...], cls: type[T]) -> tuple[list[object], list[bytes]]:
    """Return a list as the patch of the wire tells it, and the packed objects.

    Raises `TypeError` for an object whose values are of other types than the contract's, which JSON might not tell.
    """
    told: list[object] = []
    packed: list[bytes] = []
    places = {id(known): index for index, known in enumerate(old)}
    for place, item in enumerate(items):
        index = places.get(id(item))
        if index is not None:
            told.append(index)
            packed.append(old_packed[index])
        else:
            if type(item) is not cls:
                raise TypeError(f"{item} is no {cls.__name__}")
            values = _ROW_VALUES[cls](item.__dict__)
            told.append(_changes(place, old, values, cls))
            packed.append(_PACK_ROW[cls](values))
    return told, packed


def _changes(place: int, old: tuple[T, ...], values: tuple[Any, ...], cls: type[T]) -> object:
    """Return an object by the fields in which it differs from the one in its place, or by all of them."""
    before = _ROW_VALUES[cls](old[place].__dict__) if place < len(old) else _NOTHING
    fields = {}
    for name, kind, value, was in zip(_FIELDS[cls], ROW_TYPES[cls], values, before, strict=False):
        if value is not was:
            if type(value) is not kind:
                raise TypeError(f"{name} of a {cls.__name__} is of another type: {value!r}")
            fields[name] = value
    return [place, fields] if place < len(old) else fields


def _merged(old: tuple[T, ...], old_packed: list[bytes], items: list[Any], cls: type[T]) -> tuple[tuple[T, ...], list[bytes]]:
    """Return the objects, and the packed objects, of a list of indexes into the old list and rows of new items."""
    merged: list[T] = []
    packed: list[bytes] = []
    pack_row = _PACK_ROW[cls]
    for item in items:
        if type(item) is int:
            merged.append(old[item])
            packed.append(old_packed[item])
        else:
            merged.append(build(cls, item))
            packed.append(pack_row(item))
    return tuple(merged), packed
