"""An option that takes a path refuses an empty text: the current folder is named as such, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from harness import ROOT
from harness.cli.main import COMMANDS
from harness.cli.options import NamedPath
from tests.gate.test_certificate import parity


def leaves(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below one, with the words that call it."""
    yield words, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from leaves((*words, name), below)


def all_commands() -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command of `parity`."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in COMMANDS:
        found += leaves((name,), getattr(import_module(f"harness.cli.{name}"), name))
    return found


TAKEN = [
    (words, param)
    for words, command in all_commands()
    for param in command.params
    # `replay` reads its file before it looks at a candidate.
    if isinstance(param.type, click.Path) or (param.metavar == "PATH" and words != ("replay",))
]


def test_every_path_has_the_type_that_refuses_an_empty_text() -> None:
    paths = [(words, param) for words, param in TAKEN if isinstance(param.type, click.Path)]
    assert len(paths) > 20
    assert [(words, param.name) for words, param in paths if not isinstance(param.type, NamedPath)] == []


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize(
    ("words", "param"), [each for each in TAKEN if isinstance(each[1], click.Option)], ids=lambda value: str(value)[:40]
)
def test_an_empty_text_is_no_path(
    words: tuple[str, ...], param: click.Option, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = parity(capsys, *words, param.opts[0], empty)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"parity: {param.opts[0]}")


@pytest.mark.parametrize("words", [("replay",), ("gate", "verify"), ("evidence", "import")], ids=" ".join)
def test_an_empty_argument_is_none(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = parity(capsys, *words, "")
    assert (code, "is empty; name a file or a folder" in err) == (2, True)


@pytest.mark.parametrize("name", [".", "link", str(ROOT), "harness/.."])
def test_a_build_is_not_timed_against_itself(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    link = tmp_path / "link"
    link.symlink_to(ROOT)
    other = str(link) if name == "link" else name
    code, out, err = parity(capsys, "bench", "--against", other, "--no-evidence")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"--against {Path(other)}: is this checkout itself" in err
