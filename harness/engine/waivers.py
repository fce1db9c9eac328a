"""Waivers: known divergences that somebody answers for until a day. They are counted, shown, and never taken for parity."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from generators.errors import ParityError
from harness.comparators.divergence import Divergence
from harness.panel import REFERENCE, PortRequest, UnknownPortError
from harness.store.records import Find
from harness.subjects.registry import names, subject_called

DEFAULT_FILE = Path("waivers.toml")

Text = Annotated[str, msgspec.Meta(min_length=1)]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")]


# What a file of waivers consists of, and each value of an entry.
ENTRY = "[[waiver]] with subject, fingerprint, owner, reason and expires, and port where it is of one port alone"
WANTED = {
    "waiver": f"must be a list of entries; an entry is {ENTRY}",
    "subject": "must be the name of a subject, in quotes",
    "fingerprint": "must be the 12 hexadecimal digits that a divergence is shown with, in quotes",
    "owner": "must be a text that says who answers for the divergence",
    "reason": "must be a text that says why the divergence may stay",
    "expires": "must be a day without quotes, like 2099-12-31",
    "port": "must be the name of a port, in quotes; leave it out for all ports",
}
_FIELD = re.compile(r"(?P<what>missing required|unknown) field `(?P<name>[^`]*)`")
_PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")


class WaiverError(ParityError):
    """A file of waivers cannot be read; the message says where and why."""


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fingerprint of a subject, of one port or of all, waived through the day `expires`."""

    subject: Text
    fingerprint: Fingerprint
    owner: Text
    reason: Text
    expires: datetime.date
    port: Text | None = None

    @property
    def key(self) -> str:
        """The key under which its hits are counted."""
        return f"{self.fingerprint} {self.port or '*'}"

    def covers(self, port: str, divergence: Divergence) -> bool:
        """True if it covers this divergence of this port. A missing answer was not compared, and is never waived."""
        if divergence.kind == "error" and divergence.path.last not in ("error", "kind"):
            return False
        return self.names(port, divergence.fingerprint)

    def names(self, port: str, fingerprint: str) -> bool:
        """True if it covers a find of this port."""
        return self.fingerprint == fingerprint and self.port in (None, port)

    def expired(self, today: datetime.date) -> bool:
        """True once its last day is over."""
        return self.expires < today

    def to_json(self) -> dict[str, Any]:
        """The waiver as plain data; `waivers_from` reads it back."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    waiver: tuple[Waiver, ...] = ()


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises `WaiverError`."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File).waiver
    except OSError as error:
        raise WaiverError(f"--waivers {path}: cannot be read ({error.strerror})") from error
    except msgspec.ValidationError as error:
        raise WaiverError(f"--waivers {path}: {_in_words(str(error))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WaiverError(f"--waivers {path}: is not TOML ({error}); an entry is {ENTRY}") from error
    for position, waiver in enumerate(found):
        if waiver.subject not in names():
            known = ", ".join(names())
            raise WaiverError(
                f"--waivers {path}: $.waiver[{position}].subject: no subject is called {waiver.subject!r}; name one of {known}"
            )
        _check_port(path, position, waiver)
        if any((each.subject, each.key) == (waiver.subject, waiver.key) for each in found[:position]):
            raise WaiverError(f"--waivers {path}: $.waiver[{position}] waives {waiver.fingerprint} again; leave one out")
    return found


def _in_words(told: str) -> str:
    """What msgspec tells of a value that is not as it must be: its path, what is wrong, and what to do."""
    place, field = _PLACE.search(told), _FIELD.search(told)
    path = "$" if place is None else place["path"]
    if field is not None and field["what"] == "unknown":
        return f"{path}.{field['name']}: is no field; take it out, or correct its name: an entry is {ENTRY}"
    if field is not None:
        return f"{path}.{field['name']}: is missing; it {WANTED.get(field['name'], 'must be there')}"
    name = path.rpartition(".")[2].partition("[")[0]
    return f"{path}: {WANTED.get(name, told)}"


def _check_port(path: Path, position: int, waiver: Waiver) -> None:
    """Refuse the name of a built-in port that there is not: its waiver would be passed over. Raises `WaiverError`."""
    if waiver.port is None or ":" in waiver.port:
        return
    try:
        with subject_called(waiver.subject).open(PortRequest(names=(REFERENCE, waiver.port))):
            return
    except UnknownPortError as error:
        raise WaiverError(f"--waivers {path}: $.waiver[{position}].port: {error}; name one of them, or leave it out") from error


def given_waivers(path: Path | None, subject: str) -> tuple[Waiver, ...]:
    """A subject's waivers, of the file that was named or else of the usual one, if that is there. Raises `WaiverError`."""
    if path is None and not DEFAULT_FILE.exists():
        return ()
    return tuple(waiver for waiver in read_waivers(path or DEFAULT_FILE) if waiver.subject == subject)


def waivers_from(data: Iterable[Mapping[str, Any]]) -> tuple[Waiver, ...]:
    """Waivers as the ledger kept them."""
    return tuple(msgspec.convert(each, Waiver) for each in data)


def waiver_of(waivers: Sequence[Waiver], port: str, divergence: Divergence) -> Waiver | None:
    """The waiver of a divergence."""
    return next((waiver for waiver in waivers if waiver.covers(port, divergence)), None)


def find_is_waived(waivers: Sequence[Waiver], find: Find) -> bool:
    """True if a waiver covers a find; then all that diverges in its cases is waived."""
    return any(waiver.names(find.port, find.fingerprint) for waiver in waivers)


def stale(waivers: Sequence[Waiver], hits: Mapping[str, int], *, today: datetime.date, complete: bool) -> list[str]:
    """A sentence for each waiver that has expired, or that no case of a whole run hit."""
    found = []
    for waiver in waivers:
        who = f"waiver {waiver.fingerprint} of {waiver.owner}"
        if waiver.expired(today):
            found.append(f"EXPIRED: {who} ended on {waiver.expires}; mend the divergence, or answer for it anew")
        elif complete and not hits.get(waiver.key):
            found.append(f"NEVER HIT: {who} met no divergence; take it out, unless a longer run meets it")
    return found
