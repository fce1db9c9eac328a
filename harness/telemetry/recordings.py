"""Recordings of telemetry: files that bots and captures wrote, read and added up."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram

from doge_telemetry.recorder import DIGITS, FORMAT, HIGHEST, UNITS_PER_SEC
from generators.errors import ParityError
from harness.store.chain import CLOCK_SEC
from harness.telemetry.loop import CANDIDATE, REFERENCE

HOUR_SEC = 3600.0
# No clock, no memory and no count comes near it, and floats hold it to the last unit.
NUMBER_MAX = 2**53


class RecordingError(ParityError):
    """A recording that cannot be read. The message says which, where and why."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """What one process measured from `start` to `end`, seconds since 1970; histograms are in units of 100 ns."""

    process: str
    start: float
    end: float
    histograms: Mapping[str, HdrHistogram]
    counts: Mapping[str, int]
    cpu_sec: float
    memory_bytes: int
    dropped: int = 0


@dataclass(kw_only=True)
class Recording:
    """The blocks of a file, in order of time, and what its processes say about the machine and about what they measured.

    `sides` are all that its blocks measured, `reference` and `candidate`; `shadowed` says if a shadow may have run beside one.
    `foreign` counts blocks of another build than the one that is here, or of which nobody says what they are of, which are
    left out; `damaged` lines that cannot be read, as the last one of a process that was killed, or that are there twice.
    """

    path: Path
    blocks: list[Block] = field(default_factory=list)
    machines: list[Mapping[str, Any]] = field(default_factory=list)
    parts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sides: set[str] = field(default_factory=set)
    shadowed: bool = False
    foreign: int = 0
    damaged: int = 0
    # Where a block is while the file is read, by its process and its beginning.
    places: dict[tuple[str, float], int] = field(default_factory=dict)

    @property
    def dropped(self) -> int:
        """Durations that were taken and are in no histogram, because too many waited."""
        return sum(each.dropped for each in self.blocks)

    @property
    def first_at(self) -> float | None:
        """When its first block began, in seconds since 1970; None where it has none."""
        return min((each.start for each in self.blocks), default=None)

    @property
    def last_at(self) -> float | None:
        """When its last block ended, in seconds since 1970; None where it has none."""
        return max((each.end for each in self.blocks), default=None)

    @property
    def hours(self) -> float:
        """Hours in which something was measured, by one process or by several."""
        total, until = 0.0, 0.0
        for each in self.blocks:
            total += max(0.0, each.end - max(each.start, until))
            until = max(until, each.end)
        return total / HOUR_SEC


@dataclass
class _Process:
    machine: Mapping[str, Any]
    parts: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def read_recording(path: Path, here: Mapping[str, Mapping[str, str]] = {}) -> Recording:
    """Read a file. `here` has digests by part: blocks of a part that was made of something else are left out.

    Raises `RecordingError` for a file that is no recording.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror}); name a file that a bot or a capture wrote") from error
    found = Recording(path=path)
    processes: dict[str, _Process] = {}
    for line in lines:
        try:
            _take(json.loads(line), found, processes, here)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            found.damaged += 1
    if not processes:
        raise RecordingError(f"{path}: is no recording of telemetry; name a file that a bot or a capture wrote")
    found.blocks.sort(key=lambda each: each.start)
    for process in processes.values():
        if process.machine not in found.machines:
            found.machines.append(process.machine)
    return found


def _take(
    line: Mapping[str, Any], found: Recording, processes: dict[str, _Process], here: Mapping[str, Mapping[str, str]]
) -> None:
    name = line["process"]
    if "format" in line:
        if line["format"] != FORMAT:
            raise ValueError(line["format"])
        processes[name] = _Process(dict(line["machine"]))
    elif "part" in line:
        processes[name].parts[line["part"]] = dict(line["about"])
    else:
        block = _block_of(line)
        parts = processes[name].parts
        if here and not (parts and all(_is_here(about, here.get(part, {})) for part, about in parts.items())):
            found.foreign += 1
            return
        _put(block, found)
        found.parts |= parts
        found.sides |= {str(about["side"]) for about in parts.values()}
        # Whoever does not say that there was no shadow may have had one.
        found.shadowed |= any(about.get("shadow") is not False for about in parts.values())


def _put(block: Block, found: Recording) -> None:
    """Add a block, in the place of one that a full disk cut off behind its last word, and that was written again."""
    place = found.places.setdefault((block.process, block.start), len(found.blocks))
    if place < len(found.blocks):
        found.damaged += 1
        found.blocks[place] = max(found.blocks[place], block, key=lambda known: known.end)
    else:
        found.blocks.append(block)


def _is_here(about: Mapping[str, Any], here: Mapping[str, str]) -> bool:
    """True if what a process measured is what is here: the reference, or the candidate beside it."""
    names = ("reference",) if about["side"] == REFERENCE else ("reference", CANDIDATE)
    digests = about["digests"]
    return set(names) <= set(digests) and all(here.get(name) == digest for name, digest in digests.items())


def _block_of(line: Mapping[str, Any]) -> Block:
    start, end, cpu_sec = (float(line[name]) for name in ("from", "to", "cpu_sec"))
    if not (0.0 <= start <= end <= time.time() + CLOCK_SEC and 0.0 <= cpu_sec <= NUMBER_MAX):
        raise ValueError(line)
    return Block(
        process=line["process"],
        start=start,
        end=end,
        histograms={name: _decoded(text) for name, text in line["durations"].items()},
        counts={name: _whole(number) for name, number in line["counts"].items()},
        cpu_sec=cpu_sec,
        memory_bytes=_whole(line["memory_bytes"]),
        dropped=_whole(line["dropped"]),
    )


def _whole(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= NUMBER_MAX:
        raise ValueError(number)
    return number


def _decoded(text: str) -> HdrHistogram:
    try:
        found = HdrHistogram.decode(text.encode())
        shape = (found.lowest_trackable_value, found.highest_trackable_value, found.significant_figures)
        if shape != (1, HIGHEST, DIGITS):
            # It cannot be added to others.
            raise ValueError(shape)
        return found
    except Exception as error:  # the library raises what it happens to meet
        raise ValueError(text) from error


def merged(blocks: Iterable[Block], name: str) -> HdrHistogram:
    """The sum of a histogram over blocks; empty where none has it."""
    whole = HdrHistogram(1, HIGHEST, DIGITS)
    for each in blocks:
        if name in each.histograms:
            whole.add(each.histograms[name])
    return whole


def counted(blocks: Sequence[Block], name: str) -> int:
    """How often something was counted, or a duration taken."""
    counts: Counter[str] = Counter()
    for each in blocks:
        counts.update(each.counts)
        counts.update({key: histogram.get_total_count() for key, histogram in each.histograms.items()})
    return counts[name]


def quantile_sec(histogram: HdrHistogram, share: float) -> float:
    """A quantile in seconds."""
    return float(histogram.get_value_at_percentile(100.0 * share)) / UNITS_PER_SEC
