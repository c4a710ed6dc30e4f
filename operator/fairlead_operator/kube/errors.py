"""What the API server may answer instead of doing what it was asked: one class per cause."""

from __future__ import annotations

import json
from typing import Any

from fairlead.errors import FairleadError


class KubeError(FairleadError):
    """The API server did not do what it was asked.

    Attributes
    ----------
    status
        The HTTP status; 0 where there was no answer.
    reason
        The server's word for it, such as ``NotFound``.
    message
        The server's sentence.
    retry_after
        After how many seconds the server wants to be asked again, if it says so.
    """

    def __init__(
        self, status: int, reason: str = "", message: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(f"{reason or status}: {message}" if message else f"{reason or status}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class NotFoundError(KubeError):
    """404: there is no such object, or no such kind."""


class UnauthorizedError(KubeError):
    """401: the server does not know who asks."""


class ForbiddenError(KubeError):
    """403: the asker may not do that."""


class QuotaError(ForbiddenError):
    """403, because a quota of the namespace is used up: it may have room later."""


class ConflictError(KubeError):
    """409: the object is not as the request presumes."""


class AlreadyExistsError(ConflictError):
    """409: there is an object of that name."""


class GoneError(KubeError):
    """410: the server has forgotten the version that was asked for."""


class InvalidError(KubeError):
    """422: the object breaks a rule of its kind, or an admission policy."""


class TooManyRequestsError(KubeError):
    """429: the server wants to be asked later; it has done nothing."""


class UnavailableError(KubeError):
    """The server failed, or there was no answer: whether it did anything is unknown."""


_BY_STATUS: dict[int, type[KubeError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: InvalidError,
    429: TooManyRequestsError,
}


def from_answer(status: int, body: bytes, retry_after: str | None = None) -> KubeError:
    """Return the error that an answer of a status above 399 stands for.

    Parameters
    ----------
    body
        What came with it: a ``Status`` object as JSON, or any text.
    retry_after
        The header of that name.
    """
    told = _status_object(body)
    reason, message = str(told.get("reason") or ""), str(told.get("message") or "")
    if not told:
        message = body[:500].decode(errors="replace").strip()
    return _class_of(status, reason, message)(status, reason, message, _seconds(retry_after))


def from_status(told: dict[str, Any]) -> KubeError:
    """Return the error of a ``Status`` object that came as an event of a watch."""
    status = int(told.get("code") or 500)
    reason, message = str(told.get("reason") or ""), str(told.get("message") or "")
    return _class_of(status, reason, message)(status, reason, message)


def _class_of(status: int, reason: str, message: str) -> type[KubeError]:
    if status >= 500:
        return UnavailableError
    if status == 409 and reason == "AlreadyExists":
        return AlreadyExistsError
    if status == 403 and "exceeded quota" in message:
        return QuotaError
    return _BY_STATUS.get(status, KubeError)


def _status_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(header: str | None) -> float | None:
    """Return the seconds a server names; it may name a date, which it never does here."""
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None
