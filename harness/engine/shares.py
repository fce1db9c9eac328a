"""The cases of a run in shares: each goes to a process that keeps its ports open, and what came of all is put together."""

from __future__ import annotations

import math
import pickle
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import util
from pathlib import Path
from typing import Any

from harness.engine.runner import Part, Progress, Runner, Seen
from harness.engine.workers import WorkersError, run_locally
from harness.panel import Examined, PortRequest
from harness.subject import Problem
from harness.subjects.registry import subject_called

# The cases of a source, by its name.
Source = tuple[str, Sequence[Seen]]
# So many shares of each source for a process: the last ones end at about the same time.
SHARES = 8


@dataclass(frozen=True)
class Share:
    """Some cases of a source: from one index up to another."""

    source: int
    first: int
    end: int


@dataclass(frozen=True)
class Task:
    """All that a process needs of a run. `examined` is what the run found of the ports, which holds for every process of it.

    `recorded` names the ports that are held, after the cases, against what was recorded.
    """

    subject: str
    ports: PortRequest
    examined: Sequence[Examined]
    sources: Sequence[Source]
    shares: Sequence[Share]
    recorded: Sequence[str]


def shares_of(sources: Sequence[Source], workers: int) -> list[Share]:
    """The shares of all sources, in the order of their cases."""
    shares = []
    for number, (_, cases) in enumerate(sources):
        size = max(1, math.ceil(len(cases) / (SHARES * workers)))
        shares += [Share(number, first, min(first + size, len(cases))) for first in range(0, len(cases), size)]
    return shares


def run_shares(
    runner: Runner, ports: PortRequest, sources: Sequence[Source], workers: int, progress: Progress
) -> Generator[Part]:
    """What came of each share, in the order of the cases; problems with what was recorded are given to the runner.

    Raises `WorkersError`, and errors of ports and cases.
    """
    shares = shares_of(sources, workers)
    # The last one takes longest: a process for each call.
    recorded = [port.name for port in runner.recorded_ports() if port.examined.usable][::-1]
    with ExitStack() as stack:
        # Once for each process, where the cases would otherwise be sent with every share.
        try:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parity-run-"))) / "task"
            path.write_bytes(pickle.dumps(Task(runner.subject.name, ports, runner.examined, sources, shares, recorded)))
        except OSError as error:
            where = f"the folder for temporary files, {tempfile.gettempdir()}, cannot be written to ({error.strerror})"
            raise WorkersError(f"{where}; set TMPDIR, or run in one process with --workers 1") from error
        come: dict[int, Part] = {}
        following = 0
        with closing(run_locally(partial(run_share, path), range(len(shares) + len(recorded)), workers)) as results:
            for number, part in results:
                if not isinstance(part, Part):
                    runner.recorded[recorded[number - len(shares)]] = part
                    continue
                come[number] = part
                progress(sources[shares[number].source][0], shares[number].end - shares[number].first)
                while following in come:
                    yield come.pop(following)
                    following += 1


def run_share(path: Path, number: int) -> Part | list[Problem]:
    """What came of a share, in a process that works for a run; beyond the shares, what a port answers to what was recorded."""
    task, runner = _opened(path)
    if number >= len(task.shares):
        return runner.check_port(task.recorded[number - len(task.shares)])
    share = task.shares[number]
    source, cases = task.sources[share.source]
    return runner.part(source, cases[share.first : share.end], share.first)


@cache
def _opened(path: Path) -> tuple[Task, Runner]:
    task: Task = pickle.loads(path.read_bytes())
    subject = subject_called(task.subject)
    opened: Any = subject.open(task.ports)
    runner = Runner(subject, opened.__enter__(), None, task.examined)
    # The ports are closed when the process ends of itself; whoever ends it ends them.
    util.Finalize(None, opened.__exit__, (None, None, None), exitpriority=1)
    return task, runner
