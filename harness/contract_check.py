"""Before anything runs: does a port hold the contract that `golden/contract.json` fixes?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.comparators.divergence import ABSENT, Divergence
from harness.comparators.exact import compare
from harness.ports.base import Port
from reducer.contract import contract_hash

CONTRACT_FILE = Path(__file__).resolve().parent.parent / "golden" / "contract.json"


def load_contract(path: Path = CONTRACT_FILE) -> dict[str, Any]:
    """The contract of the reducer: protocol, literals and types."""
    view: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["reducer"]
    return view


def check_contract(port: Port, contract: dict[str, Any]) -> tuple[list[Divergence], dict[str, Any]]:
    """What the port's own description has different from the contract, and the description itself.

    The hash is recomputed from what the port describes, so a port cannot just repeat the right one.
    """
    outcome = port.describe()
    if outcome.line is None:
        failure = Divergence(path="$", kind="error", reference=contract_hash(contract), candidate=outcome.failure)
        return [failure], {}
    described = outcome.answer
    found = compare(reference=contract, candidate=described.get("contract", ABSENT))
    expected = {"subject": "reducer", "protocol": contract["protocol"], "contract_hash": contract_hash(contract)}
    claimed = {name: described.get(name, ABSENT) for name in expected}
    return found + compare(reference=expected, candidate=claimed), described
