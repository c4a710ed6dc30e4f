"""Rules: which requests and which watch events to break, and how. No input, no output.

The first rule that matches a request decides about it; each rule counts what it matched and
what it hit, so that a test can say "the third status write, once".
"""

import random
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from tests.cluster.proxy.requests import Asked

REQUEST_ACTIONS = {
    "drop": "close the connection; the server never sees the request",
    "delay": "wait `seconds`, then send the request",
    "fail": "answer `status`; the server never sees the request",
    "answer": "answer with `text` as JSON; the server never sees the request",
    "duplicate": "send the request twice; the client gets the first answer",
    "hide-reply": "send the request, then close the connection instead of answering",
    "hold": "keep the request until the rule is released",
    "hold-reply": "send the request, keep the answer until the rule is released",
    "rewind": "answer a list or start a watch as of `resource_version`",
    "pass": "let the request through, whatever later rules say; only count it",
}
EVENT_ACTIONS = {
    "event-drop": "never deliver the event",
    "event-delay": "deliver the event, and all behind it, `seconds` after it came",
    "event-duplicate": "deliver the event twice",
    "event-fail": "deliver an error of `status` instead, and end the watch",
    "event-hold": "keep the event, and all behind it, until the rule is released",
}
CHANGES = ("ADDED", "MODIFIED", "DELETED")


@dataclass
class Rule:
    """One rule. What is left at its default matches everything.

    Attributes
    ----------
    action
        A key of `REQUEST_ACTIONS` or `EVENT_ACTIONS`.
    verbs
        Verbs as in :class:`~tests.cluster.proxy.requests.Asked`.
    resource
        A resource, with or without its subresource: ``pods`` matches only pods,
        ``pods/*`` all of their subresources.
    namespace
        A namespace.
    name, path, agent, user, body
        Regular expressions, found anywhere in the text. For events ``name`` is the name of
        the event's object and ``body`` is looked for in the event.
    types
        Types of the events; the changes, if none is given.
    skip
        How many matches to let pass first.
    times
        How many matches to hit after that; 0 is all of them.
    text
        What the action `answer` answers.
    share
        Part of the matches to hit, from 0 to 1, chosen with `seed`.
    """

    action: str
    verbs: list[str] = field(default_factory=list)
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    agent: str = ""
    user: str = ""
    body: str = ""
    types: list[str] = field(default_factory=list)
    skip: int = 0
    times: int = 0
    share: float = 1.0
    seed: int = 0
    seconds: float = 1.0
    status: int = 500
    resource_version: str = ""
    text: str = ""
    number: int = 0
    matched: int = 0
    hit: int = 0

    def __post_init__(self) -> None:
        if self.action not in REQUEST_ACTIONS | EVENT_ACTIONS:
            raise ValueError(f"there is no action {self.action!r}")
        self._random = random.Random(self.seed)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Rule":
        """A rule as the control socket gets it.

        Raises
        ------
        ValueError
            If it names a field or an action that does not exist.
        """
        known = {item.name for item in fields(cls)} - {"number", "matched", "hit"}
        unknown = sorted(set(given) - known)
        if unknown:
            raise ValueError(f"a rule has no {', '.join(unknown)}")
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """The rule with its counts."""
        return asdict(self)

    @property
    def about_events(self) -> bool:
        """Whether it is about events of watches, not about requests."""
        return self.action in EVENT_ACTIONS

    def matches(self, asked: Asked) -> bool:
        """Whether a request is one of those the rule is about; counts nothing."""
        if self.verbs and asked.verb not in self.verbs:
            return False
        if self.resource and not _same_resource(self.resource, asked.resource):
            return False
        if self.namespace and self.namespace != asked.namespace:
            return False
        texts = [(self.path, asked.path), (self.agent, asked.agent), (self.user, asked.user)]
        if not self.about_events:
            texts += [(self.name, asked.name), (self.body, asked.body.decode(errors="replace"))]
        return all(not wanted or re.search(wanted, text) for wanted, text in texts)

    def matches_event(self, asked: Asked, event: dict[str, Any], text: str) -> bool:
        """Whether an event of a watch is one of those the rule is about; counts nothing."""
        if event.get("type") not in (self.types or CHANGES) or not self.matches(asked):
            return False
        name = event.get("object", {}).get("metadata", {}).get("name", "")
        texts = [(self.name, name), (self.body, text)]
        return all(not wanted or re.search(wanted, found) for wanted, found in texts)

    def count(self) -> bool:
        """Count one match, and say whether it is to be hit."""
        self.matched += 1
        if self.matched <= self.skip or (self.times and self.hit >= self.times):
            return False
        if self.share < 1 and self._random.random() >= self.share:
            return False
        self.hit += 1
        return True


def _same_resource(wanted: str, found: str) -> bool:
    if wanted.endswith("/*"):
        return found.startswith(wanted[:-1])
    return wanted == found


def choose(rules: Iterable[Rule], asked: Asked) -> Rule | None:
    """The rule that decides about a request, counted."""
    for rule in rules:
        if not rule.about_events and rule.matches(asked) and rule.count():
            return rule
    return None


def choose_for_event(
    rules: Iterable[Rule], asked: Asked, event: dict[str, Any], text: str
) -> Rule | None:
    """The rule that decides about an event, counted."""
    for rule in rules:
        if rule.about_events and rule.matches_event(asked, event, text) and rule.count():
            return rule
    return None
