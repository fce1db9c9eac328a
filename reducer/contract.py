"""The contract as the reference's code defines it, for comparison with `golden/reducer/contract.json`."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any, get_args

import xxhash

from reducer import types
from reducer.domain import CLASSES, KINDS, Kind

PROTOCOL = 1
_NAMES = {"Finite": "finite", "Cooldown": "cooldown", "Number": "float", "Text": "text", "int": "int", "bool": "bool"}
_LITERALS = {
    "side": types.Side,
    "role": types.Role,
    "trade_id": types.TradeId,
    "phase": types.PairPhase,
    "mode_source": types.ModeSource,
    "refresh_direction": types.RefreshDirection,
}


def _kind_name(kind: Kind) -> str:
    if kind.item is not None:
        return f"[{kind.item.__name__}]"
    if kind.literals:
        name = next(name for name, alias in _LITERALS.items() if get_args(alias) == kind.literals)
    else:
        name = _NAMES[kind.name]
    return f"{name}?" if kind.optional else name


def _described_type(cls: type) -> list[list[Any]]:
    rows = []
    for field in fields(cls):
        row: list[Any] = [field.name, _kind_name(KINDS[cls][field.name])]
        if field.default is not MISSING:
            row.append([] if field.default == () else field.default)
        rows.append(row)
    return rows


def contract() -> dict[str, Any]:
    """Return the contract: the protocol's version, the literals, and the fields of every type."""
    return {
        "protocol": PROTOCOL,
        "literals": {name: list(get_args(alias)) for name, alias in _LITERALS.items()},
        "types": {name: _described_type(cls) for name, cls in CLASSES.items()},
    }


def contract_hash(view: dict[str, Any]) -> str:
    """Return the XXH64 of a contract, written as canonical JSON."""
    canonical = json.dumps(view, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return xxhash.xxh64_hexdigest(canonical.encode())


def described() -> dict[str, Any]:
    """Return the part of a `describe` answer that is about the contract."""
    view = contract()
    return {"protocol": PROTOCOL, "contract": view, "contract_hash": contract_hash(view)}
