"""The `repr` of a model. Source: scikit-learn 1.9.1, `_EstimatorPrettyPrinter`, for parameters with one-line texts."""

from __future__ import annotations

from typing import Any

WIDTH = 80


def format_call(name: str, values: dict[str, Any], defaults: dict[str, Any]) -> str:
    """Return a call of the class with every value that is not the default, in lines of at most 80 characters if possible."""
    # Compare texts, because arrays and NaN do not compare as equal.
    texts = [f"{key}={value!r}" for key, value in sorted(values.items()) if repr(value) != repr(defaults[key])]
    line = f"{name}({', '.join(texts)})"
    if len(line) <= WIDTH:
        return line
    lines, full = [""], WIDTH - len(name)
    left = full
    for text in texts:
        closing = 1 if text is texts[-1] else 0
        if lines[-1] and left - closing < len(text) + 2:
            lines.append("")
            left = full
        left -= len(text) + 2
        lines[-1] += f"{text}, "
    indent = "\n" + " " * (len(name) + 1)
    return f"{name}({indent.join(line.rstrip() for line in lines)[:-1]})"
