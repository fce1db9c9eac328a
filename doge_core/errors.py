"""What can go wrong with an executable behind the wire."""


class ServerError(Exception):
    """An executable could not give an answer; the call can be made again elsewhere, for it changed nothing."""

    cause = "error"


class ServerMissingError(ServerError):
    """There is no executable. Build it with `./build.sh`, or name one with DOGE_CORE_EXE."""

    cause = "missing"


class ServerDiedError(ServerError):
    """The executable ended or could not be started."""

    cause = "died"


class ServerTimeoutError(ServerError):
    """No answer within DOGE_CORE_TIMEOUT_SEC; the executable was killed."""

    cause = "timeout"


class ServerGarbageError(ServerError):
    """The answer was not what the wire allows."""

    cause = "garbage"


class ServerDriftError(ServerError):
    """The digest of the state at the server is not that of the state here."""

    cause = "drift"


class ContractError(ServerError):
    """The executable has another contract than the reference; rebuild it."""

    cause = "contract"
