"""The site as files: pages from templates, data beside them, and a folder that they are written into."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from generators.errors import ParityError
from harness.dashboard import benchmarks, criteria, nights, now, power, records, words, worlds
from harness.dashboard.view import View
from harness.store.outputs import refuse_inputs
from harness.words import counted

HERE = Path(__file__).parent
# Each page: its file, its name, what fills it, and whether it draws figures.
PAGES = (
    ("index.html", "now", now.context, False),
    ("nights.html", "nights", nights.context, True),
    ("worlds.html", "worlds", worlds.context, False),
    ("power.html", "power", power.context, True),
    ("benchmarks.html", "benchmarks", benchmarks.context, True),
    ("evidence.html", "evidence", lambda view: {"count": len(view.book.entries)}, False),
    ("gate.html", "gate", criteria.context, False),
)
# The files of a site, by which the next one knows that it may take their place.
MANIFEST = "site.json"
FORMAT = "doge-parity dashboard 1"
# The name of a file while it is being written: of the file that it is to be, and what nobody else calls theirs.
BESIDE = ".{}.{}.new"


class SiteError(ParityError):
    """A site that cannot be written. The message says where and why."""


@dataclass(frozen=True, kw_only=True)
class Extra:
    """A page in front of the others that is made elsewhere: its file, its name, and the folders that it comes from."""

    file: str
    name: str
    templates: Path
    static: Path


def site_of(view: View, extra: Extra | None = None) -> Iterator[tuple[str, bytes]]:
    """Every file of the site, by its name: the same from the same evidence at the same moment."""
    environment = _environment(view, extra)
    if extra is not None:
        shown = environment.get_template(extra.file).render(page=extra.name, file=extra.file, draws=False)
        yield extra.file, shown.encode()
        for path in sorted(extra.static.iterdir()):
            yield path.name, path.read_bytes()
    for file, name, context, draws in PAGES:
        shown = environment.get_template(file).render(page=name, file=file, draws=draws, **context(view))
        yield file, shown.encode()
    for path in sorted((HERE / "static").iterdir()):
        yield path.name, path.read_bytes()
    yield "plotly.min.js", (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    entries = records.ordered(view)
    yield "data/records.js", _script("parityRecords", records.index_of(entries))
    for chunk, start in enumerate(range(0, len(entries), records.CHUNK)):
        details = [records.details_of(entry) for entry in entries[start : start + records.CHUNK]]
        yield f"data/records-{chunk}.js", _script(f"parityDetails[{chunk}]", details)


def _environment(view: View, extra: Extra | None) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([HERE / "templates", *([extra.templates] if extra else [])]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages = [*([(extra.file, extra.name)] if extra else []), *((file, name) for file, name, *_ in PAGES)]
    environment.globals |= {"pages": pages, "view": view, "now": view.now}
    names = ("number", "percent", "minute", "moment", "tone_of", "ago")
    environment.filters |= {name: getattr(words, name) for name in names}
    environment.filters |= {"counted": counted, "data": lambda plain: Markup(as_data(plain))}
    return environment


def as_data(plain: Any) -> str:
    """Plain data as JSON that can stand in a script: nothing in it ends the script, or a line."""
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _script(name: str, plain: Any) -> bytes:
    """A file that gives a name to data. A page that is opened as a file may read scripts, but no other files."""
    return f"window.{name} = {as_data(plain)};\n".encode()


def write_site(view: View, folder: Path, *, inputs: Sequence[Path] = ()) -> Mapping[str, int]:
    """Write the site into a folder; return the sizes of its files. Raises `SiteError`, and `WriteError` for one of `inputs`.

    Files of an earlier site take no harm but being replaced, each at once; a folder of something else is refused. Of two sites
    that are written at the same time, each file is of one of them.
    """
    try:
        old = _earlier(folder)
        refuse_inputs(folder / MANIFEST, inputs)
        # First of all, so that a site whose making was cut short can be made again.
        _manifest(folder, old)
        sizes = {}
        for name, content in site_of(view):
            refuse_inputs(folder / name, inputs)
            _write(folder / name, content)
            sizes[name] = len(content)
        _manifest(folder, sizes)
        # Records that were on a page of details of an earlier, larger ledger are on none of this one.
        for path in sorted((folder / "data").glob("records-*.js")):
            if f"data/{path.name}" in old and f"data/{path.name}" not in sizes:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise SiteError(f"--out {folder}: cannot be written ({error.strerror})") from error
    return sizes


def _earlier(folder: Path) -> frozenset[str]:
    """The files of the site that a folder holds. Raises `SiteError` for a folder that holds something else."""
    # A file in the making is of a site that another process began to write just now.
    if not folder.exists() or all(path.match(BESIDE.format("*", "*")) for path in folder.iterdir()):
        return frozenset()
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if found["format"] == FORMAT:
            return frozenset(map(str, found["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise SiteError(f"--out {folder}: holds something that is no dashboard; name an empty folder, or a new one")


def _manifest(folder: Path, files: Iterable[str]) -> None:
    _write(folder / MANIFEST, (json.dumps({"format": FORMAT, "files": sorted(files)}, indent=1) + "\n").encode())


def _write(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all: somebody may be looking at the site, or writing another one into the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(BESIDE.format(path.name, uuid.uuid4().hex))
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        # Only there if something failed, or Ctrl-C came in between.
        beside.unlink(missing_ok=True)
