"""A path inside an answer: a value that knows its steps, written like `$.orders[0].price`."""

from __future__ import annotations

import re
from typing import Any

Step = str | int
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


class Path(str):
    """The text of a path; `steps` are names of fields and indices of lists."""

    __slots__ = ("steps",)
    steps: tuple[Step, ...]

    def __new__(cls, *steps: Step) -> Path:
        """The path that goes these steps from the root."""
        path = super().__new__(cls, "$" + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in steps))
        path.steps = steps
        return path

    def __truediv__(self, step: Step) -> Path:
        """The path one step further."""
        return Path(*self.steps, step)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the steps."""
        return Path, self.steps

    @property
    def anywhere(self) -> str:
        """The text with a star for each index: the same for every item of a list."""
        return "$" + "".join("[*]" if isinstance(each, int) else f".{each}" for each in self.steps)

    @property
    def last(self) -> Step | None:
        """The last step, None at the root."""
        return self.steps[-1] if self.steps else None


ROOT_PATH = Path()


def path_of(text: str) -> Path:
    """The path that a text spells; a `Path` is one already."""
    if isinstance(text, Path):
        return text
    return Path(*(name or int(index) for name, index in _STEP.findall(text)))
