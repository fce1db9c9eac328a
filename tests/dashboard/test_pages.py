"""What the pages say is what the ledger holds: gate, nights, finds, power, benchmarks, and what is missing."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import plotly.graph_objects as go
import pytest

from harness.dashboard.plots import log_ticks
from harness.evidence.statement import Figure
from harness.gate.policy import read_policy
from harness.store.ledger import Ledger
from harness.subjects.registry import names
from tests.dashboard.sites import PAGES, bench, data_in, figures_in, files_of, find, ledger_with, night, site_with
from tests.gate.ledgers import DAY, NOW, record, satisfying


def plain(page: str) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<script.*?</script>", " ", page, flags=re.S))))


@pytest.mark.parametrize(
    ("page", "commands"),
    [
        ("index.html", ("parity fuzz --subject {}", "parity run --subject {}")),
        ("nights.html", ("parity fuzz --subject {}",)),
        ("power.html", ("parity mutants --subject {}", "parity fuzz --subject {} --coverage 200")),
        ("benchmarks.html", ("parity bench --subject {}",)),
        ("evidence.html", ("parity run --all",)),
    ],
)
def test_an_empty_ledger_shows_the_commands_that_fill_it(page: str, commands: tuple[str, ...], tmp_path: Path) -> None:
    said = plain(site_with(tmp_path, [])[page])
    for command in commands:
        for subject in names():
            assert command.format(subject) in said


def test_every_criterion_is_there_with_its_verdict_record_and_command(tmp_path: Path) -> None:
    site = site_with(tmp_path, satisfying(read_policy()))
    for criterion, subject in read_policy().entries(names(), None):
        name = f"{criterion.id}/{subject}" if subject else criterion.id
        card = site["gate.html"].split(f'id="criterion-{name}"')[1].split("</article>")[0]
        said = plain(card)
        assert f"{name} go " in said
        assert html.unescape(criterion.text) in said
        assert all(f"{rule.text}" in said for rule in criterion.rules)
        assert re.search(r'href="evidence.html#\d{4}"', card)
        assert criterion.command_for(subject) in said
    assert "The gate says go over all phases" in plain(site["index.html"])


def test_the_gate_begins_with_links_to_every_phase_and_criterion(tmp_path: Path) -> None:
    page = site_with(tmp_path, satisfying(read_policy()))["gate.html"]
    jump, cards = page.split('<nav class="jump" aria-label="Criteria">')[1].split("</nav>")
    targets = [unquote(target) for target in re.findall(r'href="#([^"]+)"', jump)]
    ids = re.findall(r'id="((?:phase|criterion)-[^"]+)"', cards)
    assert targets == ids
    assert len(targets) > len(read_policy().criteria)
    assert plain(jump).count(" go ") == len([each for each in ids if each.startswith("criterion-")])


def test_a_divergence_is_a_no_go_on_the_first_page(tmp_path: Path) -> None:
    subject = names()[0]
    bad = night("bad", subject, 0.5, verdict="DIVERGENCE", exit_code=1, figures={"divergent": Figure(3)})
    said = plain(site_with(tmp_path, [bad])["index.html"])
    assert "The gate says no-go over all phases" in said
    assert f"{subject} DIVERGENCE" in said


def test_a_find_has_first_and_last_both_values_and_its_replay(tmp_path: Path) -> None:
    subject = names()[0]
    failed = {"verdict": "DIVERGENCE", "exit_code": 1}
    nights = [
        night("old", subject, 9.0, details={"finds": [find("swift")]}, **failed),
        night("mid", subject, 5.0, details={"finds": [find("swift", candidate=7), find("slow", "0ther0ther00")]}, **failed),
        night("new", subject, 1.0),
    ]
    page = site_with(tmp_path, nights)["nights.html"]
    card = page.split("fa11fa11fa11")[1].split("</article>")[0]
    assert re.findall(r"evidence.html#(\w+)", card) == ["old", "mid"]
    said = plain(card)
    assert "2 records, 6 cases" in said
    assert "$.steps[3].actions[0].price (value, critical)" in said
    assert "Reference 1.5 (0x3ff8) Port 7 Replay parity replay reports/repro-1.json" in said
    assert "not in the newest" in said
    assert "2 kinds of divergence" in plain(page)


def test_the_matrix_says_which_port_a_find_is_of_and_which_is_missing(tmp_path: Path) -> None:
    subject = names()[0]
    ports = {"swift": {"available": True}, "slow": {"available": True}, "gone": {"available": False}}
    levels = {"swift": {"features": {"compared": 1200, "divergent": 2}}}
    details = {"finds": [find("swift")], "ports": ports, "levels": levels}
    made = record("run", subject, ident="r1", ended_at=NOW - DAY, verdict="DIVERGENCE", exit_code=1, details=details)
    page = site_with(tmp_path, [made])["index.html"]
    rows = dict(re.findall(r'<tr><th scope="row">([\w-]+)</th>(.*?)</tr>', page.split('id="matrix"')[1], re.S))
    assert "1 find" in rows["swift"]
    assert "2 of 1,200 diverge" in rows["swift"]
    assert "no find" in rows["slow"]
    assert "missing" in rows["gone"]


def test_a_sign_off_says_nothing_of_a_port(tmp_path: Path) -> None:
    signed = record("sign-off", names()[0], ident="s1", ended_at=NOW - DAY, verdict="SIGNED OFF")
    said = plain(site_with(tmp_path, [signed])["index.html"].split('id="matrix"')[1])
    assert "sign" not in said


def test_a_criterion_without_a_value_says_so_in_words(tmp_path: Path) -> None:
    said = plain(site_with(tmp_path, [])["gate.html"])
    assert "failed at most 0, in small records too: no value" in said
    assert "passed at least 2,500: no value" in said
    assert "value –" not in said


def test_a_figure_that_the_newest_night_lacks_is_not_called_its_last(tmp_path: Path) -> None:
    subject = names()[0]
    first = night("good", subject, 2.0, figures={"bound": Figure(0.003)})
    bad = night("bad", subject, 1.0, verdict="DIVERGENCE", exit_code=1)
    unbounded = replace(bad, figures={name: each for name, each in bad.figures.items() if name != "bound"})
    said = plain(site_with(tmp_path, [first, unbounded])["nights.html"])
    assert f"{subject} none in the last, 0.3 to 0.3 % so far" in said


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([60, 300, 1000], [10, 20, 50, 100, 200, 500, 1000, 2000, 5000]),
        ([0.3, 5.0], [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]),
        ([7.0], [1, 2, 5, 10, 20, 50]),
        ([1e-3, 1e9], [1e-3, 1, 1e3, 1e6, 1e9]),
        ([], []),
    ],
)
def test_an_axis_of_logarithms_has_few_ticks_with_whole_labels(values: list[float], ticks: list[float]) -> None:
    assert log_ticks(values) == ticks


def test_the_words_of_a_command_are_kept_whole(tmp_path: Path) -> None:
    card = site_with(tmp_path, [])["gate.html"].split('id="criterion-0.questions"')[1].split("</article>")[0]
    assert '<span class="word">--name</span> ' in card


def test_power_shows_scores_survivors_and_coverage(tmp_path: Path) -> None:
    subject = names()[0]
    figures = {"mutants": Figure(200), "killed": Figure(199), "survived": Figure(1), "share": Figure(0.995)}
    survivors = [{"id": "pricing:7", "status": "SURVIVED", "change": "< is <="}]
    hunt = record("mutants", subject, ident="m1", figures=figures, details={"survivors": survivors})
    reached = night("n1", subject, 1.0, figures={"coverage rust regions": Figure(91.5, "%")})
    page = site_with(tmp_path, [hunt, reached])["power.html"]
    said = plain(page)
    assert "99.5 %" in said
    assert "SURVIVED pricing:7 < is <=" in said
    assert "rust regions 91.5 %" in said
    titles = re.findall(r"<figcaption><strong>(.*?)</strong>", page)
    assert titles == ["Mutation score", f"Coverage: {subject}"]


def test_benchmarks_keep_machines_apart_and_name_a_change(tmp_path: Path) -> None:
    subject = names()[0]
    one = [bench(f"a{place:02d}", subject, 40.0 - place, 2.0 if place < 15 else 5.0, machine="a" * 64) for place in range(30)]
    other = [bench(f"b{place:02d}", subject, 40.5 - place, 3.0, machine="b" * 64) for place in range(12)]
    page = site_with(tmp_path, [*one, *other])["benchmarks.html"]
    first, second = page.split("<section ")[1:]
    said = plain(first)
    assert "30 records" in said
    assert "load: session 2026-" in said
    assert "2 5 +150.0 %" in said
    assert re.search(r"5 4.5 to 5.5 – at most 4 1.25 missed", said)
    assert 'evidence.html#a15"' in first
    assert "No figure moved" in plain(second)
    assert "at most 4 0.75 met" in plain(second)
    assert {len(each["data"][2]["x"]) for each in figures_in(first)} == {30}


def test_a_line_marks_where_the_build_changed(tmp_path: Path) -> None:
    subject = names()[0]
    made = [bench(f"a{place:02d}", subject, 40.0 - place, 2.0) for place in range(9)]
    builds = [replace(each, digests={**each.digests, "engine": f"{place // 3:064x}"}) for place, each in enumerate(made)]
    for records, marks in ((builds, 2), (made, 0)):
        folder = tmp_path / str(marks)
        folder.mkdir()
        [figure, *_] = figures_in(site_with(folder, records)["benchmarks.html"])
        assert [shape["x0"] for shape in figure["layout"]["shapes"]] == figure["data"][2]["x"][3::3][:marks]


def test_every_figure_is_one_that_plotly_knows(tmp_path: Path) -> None:
    subject = names()[0]
    benches = [bench(f"a{place:02d}", subject, 40.0 - place, 2.0 if place < 15 else 5.0) for place in range(30)]
    hunt = record("mutants", subject, ident="m1", figures={"share": Figure(0.9)})
    site = site_with(tmp_path, [*benches, hunt, night("n1", subject, 1.0, figures={"coverage x": Figure(9.0, "%")})])
    figures = [figure for page in PAGES for figure in figures_in(site[page])]
    assert len(figures) == 8
    for figure in figures:
        go.Figure(figure)


def test_a_moment_knows_nothing_of_what_came_later(tmp_path: Path) -> None:
    url = ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", [night("then", names()[0], 9.0), night("later", names()[0], 1.0)])
    rows = {now: data_in(files_of(url, now)["data/records.js"].decode())["rows"] for now in (NOW - 5.0 * DAY, NOW)}
    assert [[row[0] for row in each] for each in rows.values()] == [["then"], ["later", "then"]]


def test_a_record_that_was_edited_is_an_alarm_and_counts_nowhere(tmp_path: Path) -> None:
    from sqlalchemy import update

    from harness.store.schema import evidence

    url = ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", [night("n1", names()[0], 2.0), night("n2", names()[0], 1.0)])
    ledger = Ledger(url)
    with ledger._engine.begin() as connection:
        text = ledger.evidence()[0][1].statement.replace("100000", "100001")
        connection.execute(update(evidence).where(evidence.c.id == "n2").values(statement=text))
    ledger.close()
    site = {name: content.decode() for name, content in files_of(url).items() if name.endswith((".html", "records.js"))}
    assert "The ledger is not sound" in plain(site["index.html"])
    assert "1 night." in plain(site["nights.html"])
    list_of = data_in(site["data/records.js"])
    assert [list_of["verdicts"][row[4]] for row in list_of["rows"]] == ["NOT SOUND", "PARITY"]


WORLD = {"world": "steep", "why": "A buy entry at or below zero is none.", "states": 1120, "transitions": 9000, "depth": 17}


def test_the_worlds_of_the_newest_exploration_are_shown_and_none_is_called_closed_that_is_not(tmp_path: Path) -> None:
    assert "parity exhaust --subject reducer" in plain(site_with(tmp_path, [])["worlds.html"])
    rows = [
        {**WORLD, "closed": True, "divergent": {"haskell": 0}},
        {**WORLD, "world": "sticky", "closed": False, "divergent": {"haskell": 0}},
        {**WORLD, "world": "losses", "closed": True, "divergent": {"haskell": 2, "other": 1}},
        {"world": 5, "divergent": "none"},
    ]
    older = record("exhaust", "reducer", ident="a", ended_at=NOW - 2 * DAY, details={"worlds": [{**WORLD, "world": "gone"}]})
    newer = record("exhaust", "reducer", ident="b", ended_at=NOW - DAY, details={"worlds": rows})
    (tmp_path / "filled").mkdir()
    said = plain(site_with(tmp_path / "filled", [older, newer])["worlds.html"])
    assert "gone" not in said
    assert "steep closed 1,120 9,000 17 0 A buy entry" in said
    assert "sticky not closed 1,120" in said
    assert "losses diverges 1,120 9,000 17 3" in said
    assert "5 not closed – – – 0" in said
