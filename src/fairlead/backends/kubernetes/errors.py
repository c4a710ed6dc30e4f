"""What an API server answers instead of doing what it was asked, each cause a class of its own.

Every class is also one of those that the SDK's users know, so that nothing has to be
translated on the way up; the message is one line that says how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.errors import (
    BackendError,
    BackendUnavailableError,
    FairleadError,
    InvalidRequestError,
    NotFoundError,
)

INSTALL = "Ask whoever runs the cluster to install Fairlead, or see `fairlead crds --help`."


class ApiError(FairleadError):
    """The API server refused a request.

    Attributes
    ----------
    status
        The HTTP status; 0 where there was no answer at all.
    reason
        Why, in one word that programs can compare.
    retry_after
        How many seconds the server asks to wait; None if it does not say.
    """

    def __init__(
        self, message: str, *, status: int = 0, reason: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after


class MissingError(ApiError, NotFoundError):
    """The object does not exist."""


class ConflictError(ApiError, BackendError):
    """Somebody else has changed the object meanwhile."""


class ExistsError(ApiError, BackendError):
    """An object of that name exists already."""


class GoneError(ApiError, BackendError):
    """The server does not know any more what happened since then: list anew."""


class RefusedError(ApiError, InvalidRequestError):
    """The object is not as it must be."""


class ForbiddenError(ApiError, BackendError):
    """These credentials may not do that."""


class NotInstalledError(ApiError, BackendUnavailableError):
    """The cluster does not know the kind of object: Fairlead is not installed in it."""


class UnauthorizedError(ApiError, BackendUnavailableError):
    """The cluster does not accept the credentials."""


class UnansweredError(ApiError, BackendUnavailableError):
    """The cluster could not be reached, or did not answer; whether it obeyed is unknown."""


def error_of(status: int, answer: Mapping[str, Any], *, path: str, where: str) -> ApiError:
    """Return the error that an answer of the API server is.

    Parameters
    ----------
    status
        Its HTTP status.
    answer
        Its body, a ``Status`` where the server itself answered.
    path
        What was asked for.
    where
        The cluster and the user, in words.
    """
    reason = str(answer.get("reason") or "")
    said = _one_line(str(answer.get("message") or f"HTTP {status}"))
    cls, message = _class_and_message(status, reason, said, answer, path, where)
    return cls(message, status=status, reason=reason, retry_after=_retry_after(answer))


def _class_and_message(
    status: int, reason: str, said: str, answer: Mapping[str, Any], path: str, where: str
) -> tuple[type[ApiError], str]:
    if status == 401:
        return UnauthorizedError, (
            f"{where} does not accept these credentials: {said}. Log in to the cluster again, or"
            " choose another context of your kubeconfig."
        )
    if status == 403:
        return _forbidden(said, where)
    if status == 404:
        return _missing(said, answer, path, where)
    if status == 409:
        return (ExistsError if reason == "AlreadyExists" else ConflictError), said
    if status == 410:
        return GoneError, said
    if status in (400, 413, 422):
        return RefusedError, f"the cluster refuses it: {said}"
    return UnansweredError, f"{where} cannot answer now (HTTP {status}): {said}. Try again later."


def _forbidden(said: str, where: str) -> tuple[type[ApiError], str]:
    if "exceeded quota" in said:
        return ForbiddenError, f"a quota of the namespace is used up: {said}"
    return ForbiddenError, (
        f"{where} does not allow it: {said}. Ask for the role that may use Fairlead in this"
        " namespace, or set FAIRLEAD_NAMESPACE to one where you have it."
    )


def _missing(
    said: str, answer: Mapping[str, Any], path: str, where: str
) -> tuple[type[ApiError], str]:
    details = answer.get("details") or {}
    if details.get("kind") == "namespaces":
        return RefusedError, (
            f"the namespace {details.get('name')} does not exist in {where}: create it with"
            f" `kubectl create namespace {details.get('name')}`, or set FAIRLEAD_NAMESPACE"
        )
    if not details.get("name") and "fairlead.dev" in path:
        return NotInstalledError, f"{where} has no {path.split('/')[-1]} of Fairlead. {INSTALL}"
    return MissingError, said


def _retry_after(answer: Mapping[str, Any]) -> float | None:
    seconds = (answer.get("details") or {}).get("retryAfterSeconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
