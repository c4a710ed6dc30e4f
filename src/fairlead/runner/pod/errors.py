"""What can go wrong between an agent and the API server."""

from __future__ import annotations

from fairlead.errors import BackendError, BackendUnavailableError


class ApiAwayError(BackendUnavailableError):
    """The API server gave no answer, or one that means: try again later.

    Whether the request was carried out is not known.
    """

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(BackendError):
    """The API server refused a request.

    Attributes
    ----------
    status
        Its HTTP status.
    reason
        The API's word for it, such as ``AlreadyExists``.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"the API server refuses ({status} {reason}): {message}")
        self.status = status
        self.reason = reason
        self.message = message

    @property
    def is_about_the_content(self) -> bool:
        """Whether the object itself is wrong, so that it is refused again and again."""
        return self.status in (400, 413, 422)


class GroundGoneError(BackendError):
    """The container with the task's code has ended; the cluster knows why, and will tell."""


class NotHeldError(BackendError):
    """The task is not this pod's any more; whatever it does for it is to be discarded."""


class StoppedWaitingError(BackendError):
    """The pod is to end, or the attempt was given up, while something was waited for."""
