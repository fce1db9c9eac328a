"""The open ports of a subject, as the engine sees them: how they are asked for, examined and judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from generators.errors import ParityError
from generators.plain import Json
from harness.comparators.divergence import Divergence

# What every subject calls its reference.
REFERENCE = "python"
# What `Judgement.not_compared` says of a port that is no longer asked, and so has no answer to be compared.
UNANSWERED = "an answer"


class UnknownPortError(ParityError):
    """No port has this name; the message lists the names there are."""


class ContractFileError(ParityError):
    """A contract's file cannot be read; the message names the file and says why."""


class MissingPortError(ParityError):
    """A port or a tool that a command needs is not here; the message says how to get it."""

    exit_code = 3


class CaseError(ParityError):
    """The reference cannot be asked a case at all, as can happen to one that was edited or cut down."""


class Depth(Enum):
    """The part of a case that is compared: what every case is asked, or all that a case can be asked."""

    PLAIN = "plain"
    THOROUGH = "thorough"


class AnyCase(Protocol):
    """One serialisable input of a subject, and where it came from."""

    @property
    def name(self) -> str:
        """The name, unique within a run."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The origin: `source`, and `seed` and `index` or a file."""

    def to_json(self) -> Json:
        """The case as plain data."""


C = TypeVar("C", bound=AnyCase)


@dataclass(frozen=True, kw_only=True)
class Availability:
    """The availability of a port, and if it is not available, why and what to do. `broken`: it is there and does not answer."""

    available: bool
    reason: str = ""
    remedy: str = ""
    broken: bool = False

    @property
    def word(self) -> str:
        """The word for a port that cannot be used."""
        return "BROKEN" if self.broken else "MISSING"

    @property
    def sentence(self) -> str:
        """The reason and the remedy."""
        return f"{self.reason}; {self.remedy}"


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A port before it sees a case: what it says of itself, names that it lacks, where its contract differs.

    `setup` says what decides about the last bits of its answers on this machine, if anything does.
    """

    name: str
    availability: Availability
    described: Mapping[str, Any] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    setup: str | None = None

    @property
    def usable(self) -> bool:
        """True if cases may be sent to the port."""
        return self.availability.available and not self.divergences

    @property
    def verdict(self) -> str:
        """A word or two."""
        if not self.availability.available:
            return self.availability.word
        return "OTHER CONTRACT" if self.divergences else "INCOMPLETE" if self.lacks else "ready"


@dataclass(kw_only=True)
class Judgement:
    """The result of one case on one port.

    `basis` names how the verdict was reached where that is not exact equality; `excused` names the weaker comparison that had
    to do, if any. `not_compared` names what was missing where the port could not be compared; then `divergences` says so too.
    `notes` are lines for a reader, `counted` names what a run counts by port, `measures` is for the subject's own `Measures`.
    """

    divergences: list[Divergence] = field(default_factory=list)
    basis: str | None = None
    excused: str | None = None
    not_compared: str | None = None
    notes: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    measures: Any = None


@dataclass(frozen=True, kw_only=True)
class PortRequest:
    """The ports to open: built-in ones by name (all, if none is named) and candidates, as the command line names them.

    `timeout_sec` bounds one answer; None stands for the subject's default. `may_keep` allows the subject to keep processes for
    the next panel of this process.
    """

    names: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    timeout_sec: float | None = None
    may_keep: bool = False


class Panel(ABC, Generic[C]):
    """The open ports of a subject: a reference, which is asked once a case, and candidates, which are judged by it."""

    candidates: tuple[str, ...]

    @abstractmethod
    def examine(self) -> list[Examined]:
        """Every port, the reference first."""

    @abstractmethod
    def expect(self, case: C) -> Any:
        """The reference's outcome. Raises `CaseError` for a case that cannot be asked."""

    def expect_seen(self, case: C, seen: Any) -> Any:
        """The reference's outcome, taken from `seen` if that is not None: what `Cases.generate_seen` gives with the case."""
        del seen
        return self.expect(case)

    @abstractmethod
    def judge(self, port: str, case: C, expected: Any, depth: Depth) -> Judgement:
        """A candidate's outcome against the expected one."""

    @abstractmethod
    def differs(self, one: str, other: str, case: C) -> Divergence | None:
        """The first divergence of a port from another one, None where they agree."""

    def past(self, port: str, case: C, found: Sequence[Divergence], depth: Depth) -> list[Divergence]:
        """The divergences with those that stand behind the first one, which a waiver covers."""
        del port, case, depth
        return list(found)

    def recheck(self, case: C, expected: Any) -> list[Divergence]:
        """Divergences of the reference from itself when it is asked again; nothing where asking again costs too much."""
        del case, expected
        return []

    def forgive(self) -> None:
        """Forget how often ports failed: shrinking asks a case that breaks its port over and over."""
        return

    def bystanders(self) -> Collection[int]:
        """Processes of this one that are neither reference nor port, by id: when one is started, no port has grown."""
        return ()

    def sample_every(self, port: str) -> int:
        """1 where a call is cheap; a port whose calls are dear sees every n-th generated case."""
        del port
        return 1

    def candidate_of(self, port: str) -> str | None:
        """The text by which the command line named a candidate; None for a built-in port."""
        del port
        return None
