"""The progress of a fuzz run: finds as they come, the rate, the time left, and counts of what the cases met."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from harness.fuzz.run import Listener, Progress
from harness.store.records import Find
from harness.words import counted

# These are counted, and are nothing that cases meet.
UNTOLD = ("asked", "waiver", "refused")
NAMES_MAX = 8
# Elsewhere than on a terminal: a word at every twentieth of the way.
WORDS = 20


@contextmanager
def telling(console: Console) -> Iterator[Listener]:
    """A listener that shows progress: bars and live counts on a terminal, plain lines elsewhere."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=console)
    with Live(bar, console=console, transient=True) as live:
        yield _Picture(console, bar, live)


def found(find: Find) -> str:
    """A find in a line."""
    where = f"{find.port}: {find.divergence['path']} ({find.divergence['kind']}), case {find.first_index}"
    return f"FOUND {find.fingerprint} of {where}"


def met(progress: Progress) -> list[str]:
    """A line for each kind of thing that the cases of this attempt have met."""
    lines = []
    for kind, counts in progress.counts.items():
        if kind not in UNTOLD:
            lines.append(f"  {kind}: " + ", ".join(f"{name} {number}" for name, number in counts.most_common(NAMES_MAX)))
    return lines


def pace(progress: Progress) -> str:
    """Cases a second, and how many diverge."""
    return f"{progress.rate:.0f} cases/s, {progress.divergent} divergent"


class _Lines:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.told = 0

    def __call__(self, progress: Progress) -> None:
        for find in progress.new:
            self.console.print(found(find), markup=False, soft_wrap=True)
        share = progress.done * WORDS // progress.batches
        if share > self.told:
            self.told = share
            left = f"about {progress.left_sec:.0f} s left"
            text = f"{progress.done} of {counted(progress.batches, 'batch')}, {pace(progress)}, {left}"
            self.console.print("\n".join([text, *met(progress)]), markup=False, soft_wrap=True)


class _Picture:
    def __init__(self, console: Console, bar: Bar, live: Live) -> None:
        self.console = console
        self.bar = bar
        self.live = live
        self.task = bar.add_task("batches", total=None)

    def __call__(self, progress: Progress) -> None:
        for find in progress.new:
            self.console.print(found(find), markup=False, soft_wrap=True)
        self.bar.update(self.task, total=progress.batches, completed=progress.done, description=pace(progress))
        self.live.update(Group(self.bar, *met(progress)))
