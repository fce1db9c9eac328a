"""The words of a sign-off: somebody's name and reason, which a reader has to be able to see."""

from __future__ import annotations

import re
import unicodedata

from generators.errors import ParityError

# The words that stand for a name and a reason in the command that the gate suggests.
PLACEHOLDERS = ("NAME", "REASON")
# Letters and signs of Unicode that are drawn as nothing.
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# Signs that move a cursor, begin a line, or turn the direction of what follows.
_MOVING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class SignOffError(ParityError):
    """A sign-off that says nothing, or something that a reader would not see as it is. The message says which option."""


def check_words(option: str, text: str) -> str:
    """A name or a reason as it is kept. Raises `SignOffError` for one that shows nothing, or more than its words."""
    if found := _MOVING.search(text):
        sign = f"U+{ord(found[0]):04X}"
        raise SignOffError(f"gate sign-off: {option} holds a control sign or a line break ({sign}); leave it out")
    if not any(_shows(sign) for sign in text):
        raise SignOffError(f"gate sign-off: {option} must say something that can be seen")
    words = text.strip()
    if words.upper() in PLACEHOLDERS:
        raise SignOffError(f"gate sign-off: {option} {words} stands for your own words; write them")
    return words


def _shows(sign: str) -> bool:
    """True for a letter, a digit, a mark of punctuation or a symbol that is drawn."""
    return unicodedata.category(sign)[0] in "LNPS" and sign not in BLANK
