"""Checks, before anything runs, that a port meets the contract in `golden/reducer/contract.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from golden.reducer.corpus import CONTRACT_FILE
from harness.comparators.divergence import ABSENT, Divergence
from harness.comparators.exact import compare
from harness.comparators.path import ROOT_PATH
from harness.panel import Availability, ContractFileError, Examined
from harness.subjects.reducer.ports.base import Port
from reducer.contract import contract_hash


def read_contract_file(path: Path = CONTRACT_FILE) -> dict[str, Any]:
    """Read the whole file. Raises `ContractFileError`."""
    try:
        view = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractFileError(f"{path}: cannot be read ({error.strerror}); restore it from git") from error
    except (ValueError, RecursionError) as error:
        raise ContractFileError(f"{path}: is not JSON ({error}); restore it from git") from error
    if not isinstance(view, dict) or not isinstance(view.get("reducer"), dict):
        raise ContractFileError(f"{path}: has no contract of the reducer; restore it from git")
    missing = [name for name in ("protocol", "literals", "types") if name not in view["reducer"]]
    if missing:
        raise ContractFileError(f"{path}: $.reducer.{missing[0]} is missing; restore it from git")
    return view


def load_contract(path: Path | None = None) -> dict[str, Any]:
    """Read the contract of the reducer: protocol, literals and types. Raises `ContractFileError`."""
    # `CONTRACT_FILE` is looked up at each call, so that tests can replace it.
    view: dict[str, Any] = read_contract_file(CONTRACT_FILE if path is None else path)["reducer"]
    return view


def examine_port(port: Port, contract: dict[str, Any]) -> Examined:
    """Return a port's availability and, if it answers, its divergences from the contract."""
    available = port.availability()
    if not available.available:
        return Examined(name=port.name, availability=available)
    found, described = check_contract(port, contract)
    if not described and found and found[0].path == "$":
        # An executable that does not answer is broken; its contract is unknown.
        remedy = "check that it runs here and answers `--server` as docs/wire.md says"
        reason = f"it is there but does not answer ({found[0].candidate})"
        broken = Availability(available=False, reason=reason, remedy=remedy, broken=True)
        return Examined(name=port.name, availability=broken)
    told = {key: described.get(key) for key in ("version", "protocol", "contract_hash")}
    return Examined(name=port.name, availability=available, described=told, divergences=tuple(found))


def check_contract(port: Port, contract: dict[str, Any]) -> tuple[list[Divergence], dict[str, Any]]:
    """Return the divergences of the port's description from the contract, and the description.

    The described contract is compared as well as its hash, so a port cannot pass by repeating the right hash. A built-in port
    must be the implementation that it is called after.
    """
    outcome = port.describe()
    if outcome.line is None:
        failure = Divergence(path=ROOT_PATH, kind="error", reference=contract_hash(contract), candidate=outcome.failure)
        return [failure], {}
    described = outcome.answer
    found = compare(reference=contract, candidate=described.get("contract", ABSENT))
    expected = {"subject": "reducer", "protocol": contract["protocol"], "contract_hash": contract_hash(contract)}
    if port.implementation is not None:
        expected["port"] = port.implementation
    claimed = {name: described.get(name, ABSENT) for name in expected}
    return found + compare(reference=expected, candidate=claimed), described
