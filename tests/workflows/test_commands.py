"""Every call of `parity` that tox, the night or a page names is one that `parity` understands; nothing runs."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator

import click
import pytest

from harness import ROOT
from harness.cli.main import cli

TOX = re.compile(r"^python -m harness (.*)$", re.MULTILINE)
PAGE = re.compile(r"^ {4,}(?:sudo )?(?:\.venv/bin/)?parity ([^#|\n]*)", re.MULTILINE)
NIGHT = re.compile(r'^ *step "\$parity" (.*)$', re.MULTILINE)
# What a shell or tox puts in: `${NAME:-default}` is the default, `${NAME:+more}` nothing, `{posargs:default}` the default.
FILLED_IN = ((r"\$\{\w+:-(\w+)\}", r"\1"), (r"\$\{\w+:\+[^}]*\}", ""), (r"\{posargs:?(.*?)\}", r"\1"), (r"\$seed", "7"))


def in_tox() -> Iterator[str]:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    for name in tox.sections():
        yield from TOX.findall(tox[name].get("commands", ""))


def in_the_night() -> Iterator[str]:
    for line in NIGHT.findall((ROOT / ".ci" / "nightly").read_text(encoding="utf-8")):
        for subject in ("reducer", "detector") if "$subject" in line else ("",):
            yield line.replace("$subject", subject)


def in_pages() -> Iterator[str]:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        # The subject of that guide is its reader's; tests/quality/test_third_subject.py asks such a one.
        if page.name != "adding_a_subject.md":
            yield from PAGE.findall(page.read_text(encoding="utf-8"))


def filled_in(line: str) -> str:
    for pattern, by in FILLED_IN:
        line = re.sub(pattern, by, line)
    return line.strip()


def understood(command: str) -> None:
    """Read a command's options as `parity` does. Raises click's exceptions."""
    found: click.Command = cli
    context, words = click.Context(cli), shlex.split(command)
    # `parity gate` is a command as well as a group.
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        below = found.get_command(context, name)
        assert below is not None, name
        found = below
    found.make_context(found.name, words)


def test_there_are_commands_of_each_kind() -> None:
    assert [len(list(found)) > 3 for found in (in_tox(), in_the_night(), in_pages())] == [True] * 3


@pytest.mark.parametrize("command", sorted({filled_in(line) for line in (*in_tox(), *in_the_night(), *in_pages())}))
def test_a_command_is_understood(command: str) -> None:
    understood(command)


def test_a_command_with_an_option_that_it_does_not_have_is_not() -> None:
    with pytest.raises(click.exceptions.NoSuchOption):
        understood("fuzz --subject reducer --ports python")
