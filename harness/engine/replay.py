"""A repro run again: it diverges still, or no longer, or its port is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.comparators.divergence import Divergence
from harness.engine.majority import Majority, majority_of
from harness.engine.repro import Repro, ReproError
from harness.panel import REFERENCE, UNANSWERED, Panel, PortRequest


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """The result: divergences and a vote of all ports, or the reason why the port could not be asked.

    `asked_before` is the number of cases that the port was asked first; there are some where the find is flaky.
    """

    port: str
    divergences: tuple[Divergence, ...] = ()
    majority: Majority | None = None
    missing: str | None = None
    asked_before: int = 0

    @property
    def exit_code(self) -> int:
        """1 while it diverges, 0 once it no longer does, 3 where a port is missing."""
        return 3 if self.missing is not None else 1 if self.divergences else 0

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "exit_code": self.exit_code,
            "port": self.port,
            "missing": self.missing,
            "asked_before": self.asked_before,
            "divergences": [divergence.to_json() for divergence in self.divergences],
            "majority": None if self.majority is None else self.majority.to_json(),
        }


def replay(repro: Repro, *, candidates: tuple[str, ...], timeout_sec: float | None) -> Replayed:
    """Ask the repro's port, or the candidate that is named in its place, and then every port that could tell who is odd.

    Raises `CaseError` for a case that the reference cannot be asked, `ReproError` where there is nothing to compare.
    """
    named = candidates or ((repro.candidate,) if repro.candidate else ())
    if not named and repro.port == REFERENCE:
        raise ReproError("the repro is of the reference itself, which cannot be held against itself; name a candidate")
    built_in = () if named else (repro.port,)
    names = dict.fromkeys([REFERENCE, *built_in, *repro.subject.defaults.night_ports])
    request = PortRequest(names=tuple(names), candidates=named, timeout_sec=timeout_sec)
    with repro.subject.open(request) as panel:
        port = panel.candidates[-1] if named else repro.port
        return _replayed(repro, panel, port)


def _replayed(repro: Repro, panel: Panel[Any], port: str) -> Replayed:
    examined = {each.name: each for each in panel.examine()}
    for name in (REFERENCE, port):
        if not examined[name].availability.available:
            return Replayed(port=name, missing=examined[name].availability.sentence)
    for case, depth in repro.before:
        panel.judge(port, case, panel.expect(case), depth)
    judgement = panel.judge(port, repro.case, panel.expect(repro.case), repro.depth)
    if (what := judgement.not_compared) is not None:
        lacks = what in examined[port].lacks
        lost = "" if what == UNANSWERED else f" for {what}"
        return Replayed(port=port, missing=f"it has no {what}" if lacks else f"it failed too often to be compared{lost}")
    # A candidate in the place of another port may agree with the reference, and so tell which of those two was odd.
    in_place = repro.port in panel.candidates and repro.port != port
    if repro.before or not (judgement.divergences or in_place):
        return Replayed(port=port, divergences=tuple(judgement.divergences), asked_before=len(repro.before))
    absent = [name for name, each in examined.items() if not each.availability.available]
    majority = majority_of(panel, repro.case, without=absent)
    return Replayed(port=port, divergences=tuple(judgement.divergences), majority=majority)
