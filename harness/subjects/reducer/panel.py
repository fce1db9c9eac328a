"""The open ports of the reducer: the Python reference in this process, candidates behind executables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache

from generators.reducer.case import Case
from generators.reducer.stepping import Seen
from harness.comparators.divergence import Divergence
from harness.comparators.path import ROOT_PATH
from harness.panel import REFERENCE, UNANSWERED, CaseError, Depth, Examined, Judgement, Panel, PortRequest
from harness.subjects.reducer.contract import examine_port, load_contract
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.past_waivers import compare_further, step_by_step
from harness.subjects.reducer.ports.base import Outcome, Port
from harness.subjects.reducer.ports.process import TIMEOUT_SEC
from harness.subjects.reducer.ports.registry import open_ports
from harness.subjects.reducer.seen import outcome_of
from harness.subjects.reducer.thorough import compare_case
from harness.words import counted

# After this many failures, in a row or in all, a port is not called again, since each may cost a whole timeout.
FAILURES_IN_A_ROW_MAX, FAILURES_MAX = 5, 25


class ReducerPanel(Panel[Case]):
    """Open ports by name. `named` maps the names of candidates to their command lines."""

    def __init__(self, ports: Sequence[Port], named: Mapping[str, str]) -> None:
        self.ports = {port.name: port for port in ports}
        self.candidates = tuple(name for name in self.ports if name != REFERENCE)
        self._named = named
        self._failures, self._in_a_row = Counter[str](), Counter[str]()

    def examine(self) -> list[Examined]:
        """Compare every port with the contract's file. Raises `ContractFileError`."""
        contract = load_contract()
        return [examine_port(port, contract) for port in self.ports.values()]

    def expect(self, case: Case) -> Outcome:
        """Replay the case on the reference. Raises `CaseError`."""
        expected = self.ports[REFERENCE].replay(case)
        if expected.line is None:
            raise CaseError(f"{case.name}: the reference gives no answer ({expected.failure})")
        return expected

    def expect_seen(self, case: Case, seen: Seen | None) -> Outcome:
        """Return the outcome of the steps that the generator saw, if it saw any, without asking the reference's wire."""
        return self.expect(case) if seen is None else outcome_of(seen)

    def judge(self, port: str, case: Case, expected: Outcome, depth: Depth) -> Judgement:
        """Compare the replay and, if it agrees and `depth` is thorough, the other methods and a session."""
        if self._in_a_row[port] >= FAILURES_IN_A_ROW_MAX or self._failures[port] >= FAILURES_MAX:
            silence = f"not asked after {counted(self._in_a_row[port] or self._failures[port], 'failure')}"
            silence += " in a row" if self._in_a_row[port] else ""
            found = [Divergence(path=ROOT_PATH, kind="error", reference="an answer", candidate=silence)]
            return Judgement(divergences=found, not_compared=UNANSWERED)
        candidate = self.ports[port].replay(case, expected.line)
        self._failures[port] += candidate.line is None
        self._in_a_row[port] = self._in_a_row[port] + 1 if candidate.line is None else 0
        found = compare_case(
            case=case,
            reference=expected,
            candidate=candidate,
            reference_port=self.ports[REFERENCE],
            port=self.ports[port],
            depth=depth,
        )
        in_session = depth is Depth.THOROUGH and self.ports[port].has_sessions
        return Judgement(divergences=found, counted=("sessions",) if in_session else ())

    def past(self, port: str, case: Case, found: Sequence[Divergence], depth: Depth) -> list[Divergence]:
        """Return the divergences that do not follow from an earlier one; if thorough, also those of the other methods."""
        reference, candidate = self.ports[REFERENCE], self.ports[port]
        divergences = step_by_step(case, found, reference, candidate)
        return divergences + (compare_further(case, reference, candidate) if depth is Depth.THOROUGH else [])

    def recheck(self, case: Case, expected: Outcome) -> list[Divergence]:
        """Replay the case on the reference again; return its divergences from the first replay."""
        return compare_outcomes(reference=expected, candidate=self.ports[REFERENCE].replay(case), case=case)

    def differs(self, one: str, other: str, case: Case) -> Divergence | None:
        """Return the first divergence of two ports, either of which may fail to answer; None at parity."""
        first, second = self.ports[one], self.ports[other]
        expected = first.replay(case)
        if expected.line is None:
            return Divergence(path=ROOT_PATH, kind="error", reference=expected.failure, candidate="not asked")
        found = compare_case(
            case=case,
            reference=expected,
            candidate=second.replay(case),
            reference_port=first,
            port=second,
            depth=Depth.THOROUGH,
        )
        return found[0] if found else None

    def forgive(self) -> None:
        """Allow further calls on ports that failed too often."""
        self._failures.clear()
        self._in_a_row.clear()

    def sample_every(self, port: str) -> int:
        """Return 1, or more for a port whose calls are expensive and which takes each n-th case only."""
        return self.ports[port].sample_every

    def candidate_of(self, port: str) -> str | None:
        """Return the command line of a candidate, or None for a built-in port."""
        return self._named.get(port)


def _opened(request: PortRequest) -> tuple[list[Port], dict[str, str]]:
    timeout_sec = TIMEOUT_SEC if request.timeout_sec is None else request.timeout_sec
    ports = open_ports(request.names, candidate_exes=request.candidates, timeout_sec=timeout_sec)
    candidates = ports[len(ports) - len(request.candidates) :]
    return ports, {port.name: text for port, text in zip(candidates, request.candidates, strict=True)}


# Starting the ports costs as much as a small batch, and only a long-lived server can show a memory leak.
_kept = lru_cache(maxsize=4)(_opened)


@contextmanager
def open_panel(request: PortRequest) -> Iterator[ReducerPanel]:
    """Open the ports of a request. Raises `UnknownPortError`."""
    ports, named = (_kept if request.may_keep else _opened)(request)
    try:
        yield ReducerPanel(ports, named)
    finally:
        for port in ports if not request.may_keep else ():
            port.close()
