"""Counts of the requests that were made, for metrics and tests."""

from __future__ import annotations

from collections import defaultdict

RequestKey = tuple[str, str, str]
"""Verb, resource and code of a request; the code of one without an answer is ``none``."""

NO_ANSWER = "none"


class RequestCounts:
    """How many requests there were, and how long they took.

    Attributes
    ----------
    requests
        Number of requests, retries counted each, by verb, resource and code.
    seconds
        Time from sending to the whole answer, by verb and resource; watches count none.
    """

    def __init__(self) -> None:
        self.requests: dict[RequestKey, int] = defaultdict(int)
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)

    def add(self, verb: str, resource: str, code: str, seconds: float = 0.0) -> None:
        """Count one request."""
        self.requests[verb, resource, code] += 1
        self.seconds[verb, resource] += seconds

    def total(self, *verbs: str) -> int:
        """Return how many requests of some verbs there were; of all, if none is named."""
        return sum(
            number for (verb, _, _), number in self.requests.items() if not verbs or verb in verbs
        )
