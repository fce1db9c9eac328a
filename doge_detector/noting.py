"""Takes the note of a call, in the caller's thread. What goes wrong with a note is counted, and never reaches the caller."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from doge_detector.notes import OF_A_MODEL, Before, Call, Outcome, Training
from doge_detector.settings import Kind
from doge_detector.watch import current
from doge_shadow.face import REFUSED


class Noting:
    """Notes the call inside a `with` block, if a shadow is on. `arguments` returns copies of what the caller passed."""

    def __init__(self, kind: Kind, detector: Any, arguments: Callable[[], tuple[Any, ...]]) -> None:
        self._watch, self._kind, self._detector, self._arguments = current(), kind, detector, arguments
        self._turns = getattr(detector, "_shadow_turns", None)
        self._value: Any = None
        self._unclear: str | None = None
        self.before: Before | None = None

    def __enter__(self) -> Noting:
        """Note what the detector is before the call."""
        if self._turns is not None:
            self._turns.begin()
        if self._watch is not None:
            self._watch.calls.begin()
        if self._watch is not None and self._detector is not None:
            self._guarded(self._look)
        return self

    def _look(self) -> None:
        """See what the detector is before the call."""
        detector, training = self._detector, None
        if self._kind in OF_A_MODEL and detector._trained:
            known, model = getattr(detector, "_shadow_training", None) or (None, None)
            if known is None or model is not detector._model:
                self._unclear = "the training of the detector's model was not seen"
            training = known
        state = detector.state.to_dict()
        self.before = Before(detector._cfg, training, detector._trained, state, detector._last_train_ts, time.time())

    def answered(self, value: Callable[[], Any]) -> None:
        """Note the result."""
        if self._watch is not None:
            self._value = self._guarded(value)

    def trained(self, training: Training) -> None:
        """Note the training that the call has made."""
        if self.before is not None:
            self.before = self.before._replace(training=training)

    def at(self, timestamp: float) -> None:
        """Note what the call read from the clock."""
        if self.before is not None:
            self.before = self.before._replace(at=timestamp)

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        """Note the call with its result or refusal; anything else that it raised is not the detector's."""
        overlapped = self._turns is not None and self._turns.end()
        watch = self._watch
        if watch is not None:
            watch.calls.end()
        if watch is None or not (error is None or isinstance(error, REFUSED)):
            return
        arguments = self._guarded(self._arguments) or ()
        if overlapped:
            self._unclear = "another thread called the same detector meanwhile"
        ours = Outcome(self._value) if error is None else Outcome(refusal=(type(error).__name__, str(error)))
        watch.shadow.note(Call(self._kind, arguments, self.before, ours, self._unclear))

    def _guarded(self, look: Callable[[], Any]) -> Any:
        """Look; what cannot be noted makes the call unclear, and is not the caller's affair."""
        try:
            return look()
        except Exception as error:
            self._unclear = f"the call could not be noted ({error!r})"
            return None
