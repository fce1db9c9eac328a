"""A state that client and server share, and the settings that the server has for it."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from operator import is_not, itemgetter
from typing import Any

from doge_core.codec import PackedState
from reducer.domain import KINDS
from reducer.types import EngineConfig, PairState

_values = itemgetter(*KINDS[EngineConfig])
_PLAIN_SETTINGS = frozenset((float, int, bool, str, type(None)))
# Sizes that no others are equal to.
_NEVER: dict[str, float] = {"": float("nan")}

# They follow the digest of a request.
BEFORE_EVENT, BEFORE_EVENTS = b'","event":', b'","events":'

Sizes = Mapping[str, float] | None


class Session:
    """A state that client and server share, with the settings of its last step as the caller gave them."""

    def __init__(self, number: int, state: PairState, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes):
        self.number = number
        self.packed = PackedState(state)
        self.head = b'{"method":"step","session":%d,"digest":"' % number
        self.prefix = b""
        self.remember(cfg, order_size_usd, order_sizes)

    def remember(self, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes) -> None:
        """Keep the settings that the server now has."""
        self.cfg = cfg
        self._cfg_spelled = spelled(cfg)
        self._cfg_values = values_of(cfg)
        self.order_size_usd = order_size_usd
        # Objects of other classes may change, or compare as they like.
        self._plain = self._cfg_spelled is not None and type(order_size_usd) in (float, int)
        # A mapping that is no dict may hold anything else at the next call.
        self.order_sizes = order_sizes if order_sizes is None or type(order_sizes) is dict else _NEVER

    def has(self, cfg: EngineConfig) -> bool:
        """Return True if this is the configuration that the server has: the same object, or one with the same values."""
        if self._cfg_spelled is None:
            return False
        if cfg is self.cfg:
            return True
        # A configuration that is made of the same objects has the same values, and needs no spelling out.
        values = values_of(cfg)
        made_alike = values is not None and self._cfg_values is not None and not any(map(is_not, values, self._cfg_values))
        if not made_alike and spelled(cfg) != self._cfg_spelled:
            return False
        self.cfg = cfg
        return True

    def has_settings(self, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes) -> bool:
        """Return True if these are the settings that the server has."""
        if (
            order_sizes is None is self.order_sizes
            and cfg is self.cfg
            and order_size_usd is self.order_size_usd
            and self._plain
        ):
            return True
        return (
            self.has(cfg)
            and same_size(order_size_usd, self.order_size_usd)
            and (order_sizes is None is self.order_sizes or same_sizes(order_sizes, self.order_sizes))
        )


def values_of(cfg: EngineConfig) -> tuple[Any, ...] | None:
    """Return the values of a configuration; None for one of another class, or that lacks a field."""
    try:
        return _values(cfg.__dict__) if type(cfg) is EngineConfig else None
    except KeyError:
        return None


def spelled(cfg: EngineConfig) -> bytes | None:
    """Return the fields of a configuration with their types, to the last bit; None for one that may hold anything else.

    A bot makes a new configuration for every call. Equal values are not enough: `-0.0 == 0.0`, and `True == 1`.
    """
    if type(cfg) is not EngineConfig or not _PLAIN_SETTINGS.issuperset(map(type, cfg.__dict__.values())):
        return None
    # Of the versions of the format, the last one that writes an object in the same way wherever else it is used.
    return marshal.dumps(cfg.__dict__, 2)


def same_size(given: float, known: float) -> bool:
    """Return True if this is the server's size; False for a number of another class, which may compare as it likes."""
    return (type(given) is float or type(given) is int) and type(given) is type(known) and given == known


def same_sizes(given: Sizes, known: Sizes) -> bool:
    """Return True if these are the server's sizes; False also for anything that is not a plain dict of floats."""
    if given is None or known is None:
        return given is known
    return type(given) is dict and all(type(size) is float for size in given.values()) and given == known
