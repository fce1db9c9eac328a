"""Waivers: who may be let off, for how long, and what a bad file says."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from harness.comparators.divergence import Divergence
from harness.engine.waivers import WaiverError, read_waivers, stale, waiver_of, waivers_from

FOUND = Divergence(path="$.steps[1].actions[0].price", kind="value", reference=1.0, candidate=2.0)
TODAY = datetime.date(2026, 11, 22)


def written(folder: Path, **changes: str) -> Path:
    entry = {
        "subject": '"reducer"', "fingerprint": f'"{FOUND.fingerprint}"', "owner": '"ann"', "reason": '"known"',
        "expires": "2026-12-31", **changes,
    }  # fmt: skip
    path = folder / "waivers.toml"
    path.write_text("[[waiver]]\n" + "".join(f"{name} = {value}\n" for name, value in entry.items() if value))
    return path


def test_the_projects_own_file_is_sound() -> None:
    assert read_waivers(Path(__file__).resolve().parents[2] / "waivers.toml") == ()


def test_a_waiver_covers_its_fingerprint_on_any_port(tmp_path: Path) -> None:
    waivers = read_waivers(written(tmp_path))
    other = Divergence(path="$.state.market_price", kind="value", reference=1.0, candidate=2.0)
    assert waiver_of(waivers, "haskell", FOUND) == waivers[0]
    assert waiver_of(waivers, "haskell", other) is None
    assert waivers_from([waivers[0].to_json()]) == waivers


def test_a_waiver_of_one_port_covers_no_other(tmp_path: Path) -> None:
    waivers = read_waivers(written(tmp_path, port='"haskell"'))
    assert waiver_of(waivers, "haskell", FOUND) is not None
    assert waiver_of(waivers, "exe:other", FOUND) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"owner": ""}, "$.waiver[0].owner: is missing; it must be a text that says who answers for the divergence"),
        ({"owner": '""'}, "$.waiver[0].owner: must be a text that says who answers"),
        ({"reason": "5"}, "$.waiver[0].reason: must be a text that says why"),
        ({"expires": '"soon"'}, "$.waiver[0].expires: must be a day without quotes, like 2099-12-31"),
        ({"expires": "2099-12-31T00:00:00Z"}, "$.waiver[0].expires: must be a day without quotes, like 2099-12-31"),
        ({"fingerprint": '"nothing"'}, "$.waiver[0].fingerprint: must be the 12 hexadecimal digits that"),
        ({"port": "5"}, "$.waiver[0].port: must be the name of a port, in quotes; leave it out for all ports"),
        ({"subject": "5"}, "$.waiver[0].subject: must be the name of a subject, in quotes"),
        ({"subject": '"bot"'}, "$.waiver[0].subject: no subject is called 'bot'; name one of reducer, detector"),
        (
            {"until": "2026-12-31"},
            "$.waiver[0].until: is no field; take it out, or correct its name: an entry is [[waiver]] with",
        ),
        ({"reason": "unquoted"}, "waivers.toml: is not TOML ("),
    ],
)
def test_a_bad_entry_says_where_it_is(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(WaiverError) as caught:
        read_waivers(written(tmp_path, **changes))
    assert sentence in str(caught.value)
    # The words of the library that reads the file are not a reader's.
    assert not re.search("Expected|Object|regex|length|required field", str(caught.value).partition("is not TOML")[0])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("waiver = 5", "$.waiver: must be a list of entries; an entry is [[waiver]] with subject,"),
        ("waiver = [5]", "$.waiver[0]: must be a list of entries; an entry is [[waiver]] with subject,"),
        ("[[waivers]]", "$.waivers: is no field; take it out, or correct its name: an entry is [[waiver]] with subject,"),
    ],
)
def test_a_file_of_something_else_says_what_an_entry_is(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "waivers.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WaiverError) as caught:
        read_waivers(tmp_path / "waivers.toml")
    assert str(caught.value).startswith(f"--waivers {tmp_path / 'waivers.toml'}: {sentence}")


def test_a_fingerprint_is_waived_once(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text() * 2)
    with pytest.raises(WaiverError, match=r"\$.waiver\[1\] waives .* again"):
        read_waivers(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WaiverError, match="cannot be read"):
        read_waivers(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("expires", "hits", "complete", "word"),
    [
        ("2026-11-21", 3, True, "EXPIRED"),
        ("2026-11-22", 3, True, None),
        ("2026-11-22", 0, True, "NEVER HIT"),
        ("2026-11-22", 0, False, None),
        ("2026-11-21", 0, False, "EXPIRED"),
    ],
)
def test_a_waiver_goes_stale(tmp_path: Path, expires: str, hits: int, complete: bool, word: str | None) -> None:
    waivers = read_waivers(written(tmp_path, expires=expires))
    found = stale(waivers, {waivers[0].key: hits}, today=TODAY, complete=complete)
    assert [each.partition(":")[0] for each in found] == ([] if word is None else [word])
