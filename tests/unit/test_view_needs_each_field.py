"""What the view of the closed worlds tells, it has to tell: without a field, states are merged that go on differently."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generators.reducer.atlas import WORLDS
from harness.exhaust import explore
from harness.exhaust.explore import Exploration, Options
from harness.subjects.reducer.exhaust import view
from harness.subjects.reducer.exhaust.part import ReducerExhaustion
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.python import PythonPort

NAMED = {world.name: world for world in WORLDS}
TABLES: Mapping[str, dict[str, view.Field]] = {"STATE": view.STATE, "ORDER": view.ORDER, "RECOVERY": view.RECOVERY}

# The world whose merges show that the field is missing.
NOTICED = {
    ("STATE", "market_price"): "eviction without a market",
    ("STATE", "now"): "refresh at time zero",
    ("STATE", "orders"): "fees and names",
    ("STATE", "recovery_orders"): "fees and names",
    ("STATE", "cycle_a"): "cycle zero",
    ("STATE", "cycle_b"): "cycle zero",
    ("STATE", "s2_entered_at"): "unsound",
    ("STATE", "consecutive_losses_a"): "losing recoveries",
    ("STATE", "consecutive_losses_b"): "losing recoveries",
    ("STATE", "cooldown_until_a"): "end of a cooldown",
    ("STATE", "cooldown_until_b"): "end of a cooldown",
    ("STATE", "long_only"): "modes",
    ("STATE", "short_only"): "modes",
    ("STATE", "consecutive_refreshes_a"): "refresh three times",
    ("STATE", "consecutive_refreshes_b"): "refresh three times",
    ("STATE", "last_refresh_direction_a"): "refresh three times",
    ("STATE", "last_refresh_direction_b"): "refresh three times",
    ("STATE", "refresh_cooldown_until_a"): "refresh three times",
    ("STATE", "refresh_cooldown_until_b"): "refresh three times",
    ("STATE", "profit_pct_runtime"): "profit at run time",
    ("ORDER", "price"): "modes",
    ("ORDER", "volume"): "modes",
    ("ORDER", "entry_price"): "one-sided S1",
    ("ORDER", "entry_fee"): "fees and names",
    ("ORDER", "txid"): "fees and names",
    ("ORDER", "cycle"): "cycle zero",
    ("ORDER", "entry_filled_at"): "ages",
    ("RECOVERY", "price"): "eviction without a market",
    ("RECOVERY", "volume"): "modes",
    ("RECOVERY", "entry_price"): "one-sided S1",
    ("RECOVERY", "entry_fee"): "fees and names",
    ("RECOVERY", "txid"): "fees and names",
    ("RECOVERY", "recovery_id"): "the oldest recovery",
    ("RECOVERY", "orphaned_at"): "the oldest recovery",
}
# These follow from the rest of an order in every state that a world reaches, and are told all the same.
FOLLOWING = {
    *(("ORDER", name) for name in ("side", "role", "trade_id", "local_id")),
    *(("RECOVERY", name) for name in ("side", "trade_id")),
}


def told(table: str) -> list[str]:
    """The fields that the view tells of a state or of an order."""
    return [name for name, field in TABLES[table].items() if field.value is not None]


def test_every_field_that_is_told_has_a_world_that_needs_it() -> None:
    assert {(table, name) for table in TABLES for name in told(table)} == NOTICED.keys() | FOLLOWING


@pytest.mark.parametrize(("table", "name"), NOTICED, ids=lambda each: str(each))
def test_a_view_without_a_field_is_noticed(table: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "CHECKED_ONE_IN", 1)
    without = tuple(each for each in view._TOLD[id(TABLES[table])] if each[0] != name)
    monkeypatch.setitem(view._TOLD, id(TABLES[table]), without)
    panel = ReducerPanel([PythonPort()], {})
    world = NAMED[NOTICED[table, name]]
    assert any(Exploration(ReducerExhaustion(), world, panel, Options(depth=depth)).run().contradictions for depth in (4, 7))
