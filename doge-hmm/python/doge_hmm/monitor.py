"""The monitor of EM's convergence. Names, texts and behaviour are those of hmmlearn 0.3.3, `ConvergenceMonitor`."""

from __future__ import annotations

import logging
import sys
from collections import deque

log = logging.getLogger("doge_hmm")

# The drop of a log-likelihood that rounding alone may cause: the square root of the machine epsilon.
PRECISION = 2.0**-26
ZERO_ROWS = "Some rows of transmat_ have zero sum because no transition from the state was ever observed."


class ConvergenceMonitor:
    """Records the log-likelihood of each round and decides when to stop.

    `history` contains the log-likelihood before each round's update, `iter` the number of rounds. A subclass may override
    `converged`, which the model reads from its `monitor_` after every round.
    """

    _template = "{iter:>10d} {log_prob:>16.8f} {delta:>+16.8f}"

    def __init__(self, tol: float, n_iter: int, verbose: bool) -> None:
        self.tol = tol
        self.n_iter = n_iter
        self.verbose = verbose
        self.history: deque[float] = deque()
        self.iter = 0

    def __repr__(self) -> str:
        """Return the attributes, one per line."""
        values = sorted({**vars(self), "history": list(self.history)}.items())
        return f"{type(self).__name__}(\n" + "".join(f"    {name}={value},\n" for name, value in values) + ")"

    def _reset(self) -> None:
        self.iter = 0
        self.history.clear()

    def report(self, log_prob: float) -> None:
        """Record a round. A drop of the log-likelihood is logged; with `verbose` each round is printed to standard error."""
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
        """True after the last allowed round, or if a round gained less than `tol`."""
        return self.iter == self.n_iter or (len(self.history) >= 2 and self.history[-1] - self.history[-2] < self.tol)
