"""The progress of a run: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# Elsewhere than on a terminal: a line at every so many-th part of the way.
PARTS = 10


@contextmanager
def progress_of(sources: Sequence[tuple[str, Sized]], console: Console, *, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A function that takes a source and how many more of its cases are done."""
    if quiet:
        yield lambda _source, _done: None
        return
    if not console.is_terminal:
        yield _plain_progress({source: len(cases) for source, cases in sources}, console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks = {source: progress.add_task(source, total=len(cases)) for source, cases in sources}
        yield lambda source, done: progress.advance(tasks[source], done)


def _plain_progress(totals: dict[str, int], console: Console) -> Callable[[str, int], None]:
    counts = dict.fromkeys(totals, 0)

    def advance(source: str, done: int) -> None:
        before, total = counts[source], totals[source]
        counts[source] += done
        if total and before * PARTS // total != counts[source] * PARTS // total:
            console.print(f"{source}: {counts[source]} of {total}", markup=False)

    return advance
