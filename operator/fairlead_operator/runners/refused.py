"""What the API server's refusal to make a pod means."""

from __future__ import annotations

import re
from collections.abc import Collection

from fairlead_operator.runners.classify import Stuck

_ACCOUNT = re.compile(r"error looking up service account \S+: .*not found")

_QUOTA = ("exceeded quota", "status unknown for quota")
"""What a quota without room says; the second for a moment after it was made.

One that asks for requests which the size does not have ("failed quota") is no matter of time.
"""

_LIMIT_RANGE = re.compile(r"(usage|limit to request ratio) per (Container|Pod) is ")

OF_ALL: Collection[str] = frozenset({"QuotaExceeded", "LimitRangeExceeded"})
"""Reasons that hold for every pod of the same namespace and size, whatever it is for."""


def creation_refused(status: int, message: str) -> Stuck:
    """Return what a refused creation of a runner's pod means.

    Nothing is charged for it: the pod is asked for again, with longer and longer pauses.

    Parameters
    ----------
    status
        The status of the reply: 403, 422 ...
    message
        The API server's message.
    """
    for words in _QUOTA:
        if status == 403 and words in message:
            return Stuck("QuotaExceeded", _tail(message, words))
    if status == 403 and _LIMIT_RANGE.search(message):
        return Stuck("LimitRangeExceeded", message.partition("forbidden: ")[2] or message)
    if status == 403 and _ACCOUNT.search(message):
        return Stuck("AccountMissing", _tail(message, "error looking up service account"))
    return Stuck("PodRefused", message)


def _tail(message: str, words: str) -> str:
    """Return a message from some words on: before them stands only which pod it is about."""
    return message[message.index(words) :]
