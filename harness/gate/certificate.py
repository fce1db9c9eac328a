"""The certificate: a verdict with all that it rests on, byte by byte the same from the same ledger, checkout and time."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from generators.errors import ParityError
from harness.evidence.book import Book, book_of
from harness.evidence.signing import is_signed_by, public_key_of, signatures_of, signer_of
from harness.evidence.statement import EvidenceError, canonical, stamp
from harness.gate.judge import Finding, Present, judge_all, verdict_of
from harness.gate.policy import Policy
from harness.store import chain
from harness.words import counted

PAYLOAD_TYPE = "application/vnd.doge-parity.certificate+json"
FORMAT = "doge-parity certificate 1"


class CertificateError(ParityError):
    """A certificate that does not hold. The message says why."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A verdict, and everything that was looked at for it. `signed_by` is the id of the key that records had to have."""

    at: float
    phase: int | None
    policy: str
    digests: Mapping[str, Mapping[str, str]]
    records: int
    chain: str
    findings: Sequence[Finding]
    signed_by: str | None = None

    @property
    def verdict(self) -> str:
        """The word of the verdict."""
        return verdict_of(self.findings).value

    def text(self) -> str:
        """The certificate as JSON, spelled in one way."""
        return canonical(
            {
                "format": FORMAT,
                "at": stamp(self.at),
                "phase": self.phase,
                "verdict": self.verdict,
                "policy": self.policy,
                "digests": self.digests,
                "ledger": {"records": self.records, "chain": self.chain},
                "criteria": [finding.to_json() for finding in self.findings],
                **({} if self.signed_by is None else {"signed_by": self.signed_by}),
            }
        )

    def markdown(self) -> str:
        """The certificate for a reader."""
        return page_of(self.text())


def page_of(text: str) -> str:
    """The page for a reader that a certificate's text gives."""
    found = msgspec.json.decode(text, type=_Fields)
    upto = "" if found.phase is None else f" up to phase {found.phase}"
    lines = [
        f"# Gate{upto}: {found.verdict}",
        "",
        f"At {found.at}, from {counted(found.ledger.records, 'record')}; "
        f"chain `{found.ledger.chain[:16]}`, policy `{found.policy[:16]}`.",
        "",
        "| criterion | status | why | record |",
        "| --- | --- | --- | --- |",
        *(
            f"| {each.name}: {_cell(each.text)} | {each.status} | {_cell(each.reason)} | {each.record or '-'} |"
            for each in found.criteria
        ),
        "",
        "| subject | what | SHA-256 |",
        "| --- | --- | --- |",
        *(
            f"| {subject} | {name} | `{digest}` |"
            for subject, each in sorted(found.digests.items())
            for name, digest in sorted(each.items())
        ),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def certify(policy: Policy, rows: Sequence[chain.Row], head: chain.Head, present: Present, phase: int | None) -> Certificate:
    """The certificate of a moment: what was recorded later is not there yet."""
    book, end = as_it_was(rows, head, present)
    return Certificate(
        at=present.now,
        phase=phase,
        policy=policy.digest,
        digests=present.digests,
        records=end.number,
        chain=end.chain,
        findings=judge_all(policy, book, present, phase),
        signed_by=None if present.key is None else present.key.keyid,
    )


def as_it_was(rows: Sequence[chain.Row], head: chain.Head, present: Present) -> tuple[Book, chain.Head]:
    """The records up to a moment, and the end of the chain then.

    What is wrong with later records stays visible: one that claims to be of the future would hide all that follow it.
    """
    whole = book_of(rows, head)
    future = [
        f"record {row.number} ({row.id}) was recorded in the future: the clock was moved"
        for row in rows
        if row.recorded_at > present.clock + chain.CLOCK_SEC
    ]
    later = next((place for place, row in enumerate(rows) if row.recorded_at > present.now), len(rows))
    if later == len(rows):
        return replace(whole, faults=[*whole.faults, *future]), head
    kept = rows[:later]
    end = chain.Head.at(kept[-1].number, kept[-1].chain) if kept else chain.EMPTY
    book = book_of(kept, end)
    hidden = [fault for entry in whole.entries[later:] for fault in entry.faults]
    return replace(book, faults=[*whole.faults, *hidden, *future, *book.faults]), end


def envelope_of(text: str, key: Path | None) -> str:
    """The certificate in a DSSE envelope as JSON, signed if there is a key. Raises `EvidenceError`."""
    return _spelled(text, signatures_of(text, signer_of(key), PAYLOAD_TYPE))


def _spelled(text: str, signatures: Sequence[Mapping[str, Any]]) -> str:
    """An envelope as it is written, in one way: a reader and a program must not see different verdicts in one file."""
    return json.dumps({"certificate": json.loads(text), "signatures": signatures}, indent=1, ensure_ascii=False) + "\n"


class _Criterion(msgspec.Struct):
    id: str
    subject: str
    text: str
    status: str
    reason: str
    record: str | None

    @property
    def name(self) -> str:
        return f"{self.id}/{self.subject}" if self.subject else self.id


class _Ledger(msgspec.Struct):
    records: int
    chain: str


class _Fields(msgspec.Struct):
    at: str
    phase: int | None
    verdict: str
    policy: str
    digests: dict[str, dict[str, str]]
    ledger: _Ledger
    criteria: list[_Criterion]


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    certificate: dict[str, Any]
    signatures: list[dict[str, Any]]


def read_certificate(file: Path) -> tuple[str, list[dict[str, Any]]]:
    """A certificate's canonical text and its signatures. Raises `CertificateError`.

    The file has to be spelled as `envelope_of` spells it: of a name that is there twice, one reader takes the first.
    """
    try:
        raw = file.read_bytes()
        found = msgspec.json.decode(raw, type=_Envelope)
        text = canonical(found.certificate)
        if found.certificate.get("format") != FORMAT:
            raise CertificateError(f"{file}: $.certificate.format is not {json.dumps(FORMAT)}")
        # What is looked at before it is compared must be what it is in every certificate.
        _moment(msgspec.convert(found.certificate, _Fields).at)
        if raw != _spelled(text, found.signatures).encode("utf-8", "replace"):
            raise CertificateError(f"{file}: is not spelled as certificates are (sorted keys, each name once): it was edited")
    except OSError as error:
        raise CertificateError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, EvidenceError, RecursionError) as error:
        # msgspec's own errors are of this kind, and those of a time that is none.
        raise CertificateError(f"{file}: is no certificate ({error})") from error
    return text, found.signatures


def _moment(at: str) -> float:
    """The time of a certificate in seconds since 1970. Raises `ValueError`."""
    moment = datetime.datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"$.certificate.at has no time zone: {at}")
    return moment.timestamp()


def check_time(file: Path, text: str, clock: float) -> None:
    """Refuse a certificate of a time that is still to come, as no ledger can know it. Raises `CertificateError`."""
    at = json.loads(text)["at"]
    if _moment(at) > clock + chain.CLOCK_SEC:
        raise CertificateError(f"{file}: does not hold: it is of {at}, which is still to come")


def check_page(file: Path, text: str) -> str | None:
    """Hold the page for readers beside a certificate against it, byte for byte. Raises `CertificateError`.

    Returns a sentence where no page is there.
    """
    page = file.with_suffix(".md")
    try:
        if page.read_bytes() != page_of(text).encode("utf-8", "replace"):
            raise CertificateError(
                f"{page}: does not hold: it is not the page of {file.name}; make both again with gate certify"
            )
    except FileNotFoundError:
        return f"its page for readers, {page.name}, is not beside it"
    except OSError as error:
        raise CertificateError(f"{page}: cannot be read ({error.strerror})") from error
    return None


def check_signature(file: Path, key: Path) -> None:
    """Hold a certificate against a public key, without a ledger. Raises `CertificateError` and `EvidenceError`."""
    text, signatures = read_certificate(file)
    if not is_signed_by(text, signatures, public_key_of(key), PAYLOAD_TYPE):
        raise CertificateError(f"{file}: is not signed by {key}, or was changed since")


def first_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """The first place where a certificate made again differs from the one that was kept, in words."""
    were, are = _records_of(old), _records_of(new)
    if are < were:
        return f"the ledger has {counted(are, 'record')} of the {were} that it had: it lost some"
    if old.get("signed_by") != new.get("signed_by"):
        return f"it was made with --signed-by {old.get('signed_by') or 'left out'}; give --signed-by that key, or leave it out"
    for name in ("policy", "digests", "ledger", "phase"):
        if old.get(name) != new.get(name):
            return f"$.{name} is not what it was: {canonical(new.get(name))[:200]}"
    kept = {f"{each.get('id')}/{each.get('subject')}": each for each in old.get("criteria", [])}
    for each in new["criteria"]:
        name = f"{each['id']}/{each['subject']}"
        if kept.get(name) != each:
            return f"criterion {name} is {each['status']} now ({each['reason']})"
    return None if old == new else "its verdict or its criteria were changed"


def _records_of(certificate: Mapping[str, Any]) -> int:
    """The number of records that a certificate names; 0 where it names none, as one that was edited may."""
    ledger = certificate.get("ledger")
    records = ledger.get("records") if isinstance(ledger, dict) else 0
    return records if isinstance(records, int) else 0
