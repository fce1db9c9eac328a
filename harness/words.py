"""Words of reports that stand for a number, or depend on one."""

from __future__ import annotations

import signal

# Nouns that end so take another syllable: batches, branches, processes.
HISSING = ("s", "x", "z", "ch", "sh")


def counted(number: int, noun: str, then: tuple[str, str] | None = None) -> str:
    """The number with its noun, and then one of two words for one and for more: `1 case was`, `2 cases were`."""
    plural = "es" if noun.endswith(HISSING) else "s"
    text = f"{number} {noun if number == 1 else noun + plural}"
    return text if then is None else f"{text} {then[number != 1]}"


def counted_kinds(number: int, kinds: str) -> str:
    """The number with things that are called in the plural, as kinds of values are: `1 price`, `2 prices`."""
    return f"{number:,} {kinds.removesuffix('s') if number == 1 else kinds}"


def signal_name(number: int) -> str:
    """The name of a signal, like SIGSEGV; real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def exit_word(status: int) -> str:
    """The exit code of a process, or the name of the signal that ended it, which `subprocess` gives as a negative number."""
    return signal_name(-status) if status < 0 else str(status)
