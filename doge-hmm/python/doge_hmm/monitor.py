"""How EM goes on. Source: hmmlearn 0.3.3, `ConvergenceMonitor`, whose names, texts and behaviour these are."""

from __future__ import annotations

import logging
import sys
from collections import deque

log = logging.getLogger("doge_hmm")

# How much lower a log-likelihood may come out by rounding alone: the square root of the machine's epsilon.
PRECISION = 2.0**-26
ZERO_ROWS = "Some rows of transmat_ have zero sum because no transition from the state was ever observed."


class ConvergenceMonitor:
    """Records the log-likelihood of each round and says when to stop.

    `history` holds the log-likelihood before each round's update, `iter` the number of rounds. A subclass may redefine
    `converged`; a model that has it as its `monitor_` asks it after every round.
    """

    _template = "{iter:>10d} {log_prob:>16.8f} {delta:>+16.8f}"

    def __init__(self, tol: float, n_iter: int, verbose: bool) -> None:
        self.tol = tol
        self.n_iter = n_iter
        self.verbose = verbose
        self.history: deque[float] = deque()
        self.iter = 0

    def __repr__(self) -> str:
        """Every attribute, one a line."""
        values = sorted({**vars(self), "history": list(self.history)}.items())
        return f"{type(self).__name__}(\n" + "".join(f"    {name}={value},\n" for name, value in values) + ")"

    def _reset(self) -> None:
        self.iter = 0
        self.history.clear()

    def report(self, log_prob: float) -> None:
        """Take in a round; a falling log-likelihood is logged, and each round printed to stderr if verbose."""
        if self.verbose:
            delta = log_prob - self.history[-1] if self.history else float("nan")
            print(self._template.format(iter=self.iter + 1, log_prob=log_prob, delta=delta), file=sys.stderr)
        if self.history and (log_prob - self.history[-1]) < -PRECISION:
            delta = log_prob - self.history[-1]
            log.warning(
                "Model is not converging.  Current: %s is not greater than %s. Delta is %s",
                log_prob,
                self.history[-1],
                delta,
            )
        self.history.append(log_prob)
        self.iter += 1

    @property
    def converged(self) -> bool:
        """Whether the rounds are used up, or the last one gained less than `tol`."""
        return self.iter == self.n_iter or (len(self.history) >= 2 and self.history[-1] - self.history[-2] < self.tol)
