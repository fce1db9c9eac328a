"""The errors of an executable that is called over the wire."""

from __future__ import annotations

import signal


class ServerError(Exception):
    """An executable gave no valid answer. The call changed nothing, so another implementation can repeat it."""

    cause = "error"


class ServerMissingError(ServerError):
    """There is no executable, or no library. Build it with `./build.sh`, or name one with DOGE_CORE_EXE."""

    cause = "missing"


class ServerDiedError(ServerError):
    """The executable ended or could not be started. `status` is how it ended, as `subprocess` gives it, if it did."""

    cause = "died"

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


def how_ended(status: int | None) -> str:
    """Return how a process ended, in words: `subprocess` gives the number of a signal as a negative status."""
    if status is None:
        return "closed its output and did not end"
    if status >= 0:
        return f"ended with exit code {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


class ServerTimeoutError(ServerError):
    """No answer within DOGE_CORE_TIMEOUT_SEC; the executable was killed."""

    cause = "timeout"


class ServerGarbageError(ServerError):
    """The answer does not follow the wire's protocol."""

    cause = "garbage"


class ServerDriftError(ServerError):
    """The server's digest of the state differs from the client's."""

    cause = "drift"


class ContractError(ServerError):
    """The executable's contract differs from the reference's; rebuild it."""

    cause = "contract"
