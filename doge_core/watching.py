"""The reference, with a shadow beside it: the caller gets Python's results, and the shadow a note of each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import state_machine as sm
from doge_core.settings import KINDS, SENSELESS, Settings
from doge_core.shadowing import INVARIANTS, TRANSITION, ReducerComparer
from doge_shadow.block import block_of
from doge_shadow.face import REFUSED
from doge_shadow.settings import ShadowSettings
from doge_shadow.shadow import Shadow

Transition = Callable[..., tuple[sm.PairState, list[sm.Action]]]


class Python:
    """The reference as a backend whose every call is noted."""

    transition: Transition

    def __init__(self, settings: Settings, shadow: ShadowSettings) -> None:
        self.comparer = ReducerComparer(settings, shadow)
        self.shadow = Shadow("reducer", shadow, self.comparer, KINDS, SENSELESS, begun_anew=self._wait_for_a_call)
        self._wait_for_a_call()

    def _wait_for_a_call(self) -> None:
        def first(*arguments: Any, **named: Any) -> tuple[sm.PairState, list[sm.Action]]:
            self.transition = self._noting()
            return self.transition(*arguments, **named)

        self.transition = first

    def _noting(self) -> Transition:
        """The reference's `transition`, which notes each call: all in one, since what it adds is on the way of every call."""
        noting, reference, shadow = self.shadow.begin(), sm.transition, self.shadow
        step, drop, queue, append, most = noting if noting is not None else (_none, _none, (), shadow.note, 1)

        def transition(
            state: sm.PairState,
            event: sm.Event,
            cfg: sm.EngineConfig,
            order_size_usd: float,
            order_sizes: Mapping[str, float] | None = None,
        ) -> tuple[sm.PairState, list[sm.Action]]:
            try:
                result = reference(state, event, cfg, order_size_usd, order_sizes)
            except REFUSED as error:
                outcome = (type(error), str(error))
                shadow.note((TRANSITION, state, event, cfg, order_size_usd, order_sizes and dict(order_sizes), outcome))
                raise
            step()
            if len(queue) < most:
                # Whoever calls may change the mapping and the list afterwards; states, events, settings and actions are frozen.
                kept = (result[0], tuple(result[1])) if result[1] else result
                append((TRANSITION, state, event, cfg, order_size_usd, order_sizes and dict(order_sizes), kept))
            else:
                drop()
            return result

        return transition

    def check_invariants(self, state: sm.PairState) -> list[str]:
        """Return what the reference returns."""
        found = sm.check_invariants(state)
        self.shadow.note((INVARIANTS, state, tuple(found)))
        return found

    def metrics(self) -> dict[str, Any]:
        """The counts under the names of the block `state_machine_shadow`."""
        return block_of(self.shadow.status(), KINDS, available=self.comparer.available())


def _none() -> int:
    """Stands for the step of a count that `Shadow.note` takes itself."""
    return 0
