"""The policy: which evidence each criterion asks for, as data."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from generators.errors import ParityError
from harness.evidence.statement import NUMBER_MAX, canonical, digest_of, stamp

DEFAULT_FILE = Path(__file__).parent / "policy.toml"
PHASES = range(7)
# The subjects of a criterion that is about none. "each" stands for every subject that there is.
NONE = "none"
# The entry on the ledger itself, which every gate has and no policy may.
LEDGER = "ledger"
DAY_SEC = 86_400.0
# As long as nobody has kept evidence; whatever is longer is no limit, or one that nothing keeps.
DAYS_MAX = 36_525.0
# A criterion's name, which may have a subject behind a slash.
_NAME = re.compile(r"[\w.-]+")


def number_text(value: float) -> str:
    """A figure in words."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


class PolicyError(ParityError):
    """A policy that cannot be read. The message says where and why."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A limit on a figure. `days_at_least` is for a figure that is a time: so long ago, or longer.

    A rule with `always` holds for every record, however small its sample.
    """

    figure: str
    at_most: float | None = None
    at_least: float | None = None
    days_at_least: float | None = None
    always: bool = False

    def holds(self, value: float, now: float) -> bool:
        """True if a value keeps the limit; `now` is in seconds since 1970."""
        if self.at_most is not None:
            return value <= self.at_most
        if self.at_least is not None:
            return value >= self.at_least
        return (now - value) / DAY_SEC >= (self.days_at_least or 0.0)

    @property
    def limit(self) -> str:
        """The limit in words."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at least {self.days_at_least:g} days ago"

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.figure} {self.limit}"

    def value_text(self, value: float, now: float) -> str:
        """A value of the figure in words; a time is days ago, rounded down so that it never reads as if it kept the limit."""
        if self.days_at_least is None:
            return number_text(value)
        return f"{math.floor((now - value) / DAY_SEC * 10.0) / 10.0:,.1f} days ago"

    def wait(self, value: float) -> str:
        """For a time that is not long enough ago, the day from which it is; nothing but that day can mend it."""
        if self.days_at_least is None:
            return ""
        try:
            return f", which it is from {stamp(value + self.days_at_least * DAY_SEC)[:10]} on"
        except (OverflowError, ValueError, OSError):
            # No day of any calendar.
            return ""


class Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The least of a figure that makes a record large enough; `of` has other limits for some subjects."""

    figure: str
    at_least: float
    of: dict[str, float] = msgspec.field(default_factory=dict)

    def least(self, subject: str) -> float:
        """The limit for a subject."""
        return self.of.get(subject, self.at_least)


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One criterion. `match` names digests that must be those of today; `ports` stands for every built-in candidate.

    `kind` is the command that leaves the evidence, `sign-off` for what only people can know. `command` makes the evidence;
    `{subject}` in it stands for the subject. `needs` names criteria that have to be a go before this one can be.
    """

    id: str
    phase: int
    text: str
    source: str
    kind: str
    subjects: Literal["each", "none"] | tuple[str, ...] = "each"
    critical: bool = True
    rules: tuple[Rule, ...] = ()
    sample: tuple[Sample, ...] = ()
    max_age_days: float
    match: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    command: str = ""

    @property
    def age_text(self) -> str:
        """How old the evidence may be, in words."""
        return f"at most {self.max_age_days:g} {'day' if self.max_age_days == 1.0 else 'days'} old"

    @property
    def signed(self) -> str:
        """The digest of what a sign-off of the criterion is of: what it says, and what it covers."""
        return digest_of(canonical({"id": self.id, "text": self.text, "covers": list(self.match), "needs": list(self.needs)}))

    def name_for(self, subject: str) -> str:
        """The criterion with its subject, as in `1.night/SUBJECT`."""
        return f"{self.id}/{subject}" if subject else self.id

    def command_for(self, subject: str) -> str:
        """The command that makes the evidence."""
        return self.command.replace("{subject}", subject)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: Literal[1]
    criterion: tuple[Criterion, ...]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All criteria, and the digest of the file that they were read from."""

    criteria: tuple[Criterion, ...]
    digest: str

    def entries(self, subjects: Sequence[str], phase: int | None) -> list[tuple[Criterion, str]]:
        """Each criterion with the subject it is about, an empty text for none; up to a phase, or all."""
        found = []
        for criterion in self.criteria:
            if phase is None or criterion.phase <= phase:
                found += [(criterion, subject) for subject in _subjects_of(criterion, subjects)]
        return found


def strangers(policy: Policy, installed: Sequence[str]) -> list[tuple[str, str]]:
    """Each subject that a policy names and that is not installed, with the id of the criterion that names it."""
    found = []
    for each in policy.criteria:
        listed = () if isinstance(each.subjects, str) else each.subjects
        named = {*listed, *(subject for sample in each.sample for subject in sample.of)}
        found += [(subject, each.id) for subject in sorted(named.difference(installed))]
    return found


def _subjects_of(criterion: Criterion, subjects: Sequence[str]) -> Sequence[str]:
    if criterion.subjects == NONE:
        return ("",)
    return subjects if isinstance(criterion.subjects, str) else criterion.subjects


def read_policy(path: Path | None = None) -> Policy:
    """Read a policy's file. Raises `PolicyError`."""
    file = path or DEFAULT_FILE
    try:
        text = file.read_text(encoding="utf-8")
        found = msgspec.toml.decode(text, type=_File)
    except OSError as error:
        raise PolicyError(f"--policy {file}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        # msgspec's own errors and those of the decoder of UTF-8 are of this kind; so is a number of very many digits.
        raise PolicyError(f"--policy {file}: is no policy ({error})") from error
    _check(file, found.criterion)
    return Policy(criteria=found.criterion, digest=digest_of(text))


def _check(file: Path, criteria: Sequence[Criterion]) -> None:
    if not criteria:
        raise PolicyError(f"--policy {file}: has no criterion, so that everything would be a go")
    twice: Mapping[str, int] = Counter(each.id for each in criteria)
    for place, each in enumerate(criteria):
        where = f"--policy {file}: $.criterion[{place}] ({each.id})"
        if each.id == LEDGER:
            raise PolicyError(f"{where}: every gate has an entry of this id; give the criterion another one")
        if not _NAME.fullmatch(each.id):
            raise PolicyError(f"{where}: an id has letters, digits, dots, dashes and underscores only")
        if twice[each.id] > 1:
            raise PolicyError(f"{where}: there are two of this id")
        _check_one(where, each)
        earlier = {before.id for before in criteria[:place]}
        if strange := next((need for need in each.needs if need not in earlier), None):
            raise PolicyError(f"{where}: needs {strange}, which is none of the criteria before it")


def _check_one(where: str, each: Criterion) -> None:
    if each.phase not in PHASES:
        raise PolicyError(f"{where}: phase {each.phase} is none of {PHASES.start} to {PHASES.stop - 1}")
    if odd := next((number for number in _numbers(each) if not abs(number) < NUMBER_MAX), None):
        raise PolicyError(f"{where}: {odd} is no limit, because every record would keep it or none; write a number")
    if not 0.0 < each.max_age_days <= DAYS_MAX:
        raise PolicyError(f"{where}: max_age_days must be above 0, and at most {DAYS_MAX:g}")
    _check_subjects(where, each)
    _check_sample(where, each)
    _check_rules(where, each)


def _check_subjects(where: str, each: Criterion) -> None:
    if each.subjects == ():
        raise PolicyError(f"{where}: has no subject, so that nobody would look; name some, or write each or none")
    if not isinstance(each.subjects, str) and len(set(each.subjects)) < len(each.subjects):
        raise PolicyError(f"{where}: names a subject twice")


def _check_sample(where: str, each: Criterion) -> None:
    for number, sample in enumerate(each.sample):
        if min([sample.at_least, *sample.of.values()]) < 0.0:
            raise PolicyError(f"{where}: $.sample[{number}] is below 0, so that every record would be large enough")
        if strange := [] if isinstance(each.subjects, str) else sorted(set(sample.of).difference(each.subjects)):
            raise PolicyError(f"{where}: $.sample[{number}].of names {strange[0]}, which is none of the criterion's subjects")


def _check_rules(where: str, each: Criterion) -> None:
    if each.kind != SIGN_OFF and not each.rules:
        raise PolicyError(f"{where}: has no rule, so that every record would be a go")
    for number, rule in enumerate(each.rules):
        if sum(limit is not None for limit in (rule.at_most, rule.at_least, rule.days_at_least)) != 1:
            raise PolicyError(f"{where}: $.rules[{number}] must have one of at_most, at_least, days_at_least")
        if rule.days_at_least is not None and not 0.0 <= rule.days_at_least <= DAYS_MAX:
            raise PolicyError(f"{where}: $.rules[{number}].days_at_least must be from 0 to {DAYS_MAX:g}")


def _numbers(criterion: Criterion) -> Iterator[float]:
    """Every number of a criterion."""
    yield criterion.max_age_days
    for sample in criterion.sample:
        yield from (sample.at_least, *sample.of.values())
    for rule in criterion.rules:
        yield from (limit for limit in (rule.at_most, rule.at_least, rule.days_at_least) if limit is not None)


# The kind of a criterion that only people can answer.
SIGN_OFF = "sign-off"
