"""The match of a record with this checkout: what was looked at then has to be what is here now."""

from __future__ import annotations

from collections.abc import Mapping

from harness.evidence.digests import PORT
from harness.evidence.statement import Evidence
from harness.gate.policy import SIGN_OFF, Criterion

# The name in a criterion's `match` that stands for every built-in candidate.
PORTS = "ports"
# What a sign-off is of beside the digests: the words that were signed.
WORDING = "wording of the criterion, or of what it covers"


def foreign(
    criterion: Criterion,
    subject: str,
    evidence: Evidence | None,
    present: Mapping[str, Mapping[str, str]],
    *,
    some_ports: bool = False,
) -> str | None:
    """The first thing of a record that is not the one of today, if any; else None. `present` has the digests by subject.

    With `some_ports` a record may leave ports out, as long as it is of one that is here, under whatever name it was asked.
    """
    assert evidence is not None, "only what can be read is matched"
    if criterion.kind == SIGN_OFF and evidence.details.get("signed") != criterion.signed:
        return WORDING
    if criterion.match and subject and subject not in present:
        return "subject than those that are installed"
    here = set().union(*present.values())
    for name in criterion.match:
        # Where nothing of a name is here, nothing can be the same: the policy has a mistake, or the checkout a gap.
        if not any(each.startswith(PORT) for each in here) if name == PORTS else name not in here:
            return f"{name}, of which this checkout has none"
    wanted = {
        ("" if subject else f"{about} ") + name: digests.get(name)
        for about, digests in present.items()
        if subject in ("", about)
        for name in _matched(criterion, digests, every_port=some_ports)
    }
    ports = {name: digest for name, digest in wanted.items() if _is_port(name)}
    if some_ports and ports:
        asked = {digest for name, digest in evidence.digests.items() if _is_port(name)}
        if not asked.intersection(filter(None, ports.values())):
            return next(iter(ports))
        wanted = {name: digest for name, digest in wanted.items() if name not in ports or name in evidence.digests}
    return next((name for name, digest in wanted.items() if evidence.digests.get(name) != digest), None)


def _is_port(name: str) -> bool:
    """True for the name of a port's digest, be it with the subject before it or alone."""
    return name.startswith(PORT) or f" {PORT}" in name


def _matched(criterion: Criterion, digests: Mapping[str, str], *, every_port: bool) -> list[str]:
    """The names that a criterion matches; with `every_port`, one that names some of the ports stands for all of them."""
    ports = [name for name in digests if name.startswith(PORT)]
    found = []
    for each in criterion.match:
        found += ports if each == PORTS or (every_port and each.startswith(PORT)) else [each]
    return found
