"""What the fault proxy reads from requests, and which of them its rules choose."""

import pytest
from tests.cluster.proxy.requests import understand
from tests.cluster.proxy.rules import Rule, choose, choose_for_event

TASK = "/apis/fairlead.dev/v1beta1/namespaces/a/tasks/t1"


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/api/v1/namespaces/a/pods", ("list", "pods", "a", "")),
        ("GET", "/api/v1/namespaces/a/pods/p", ("get", "pods", "a", "p")),
        ("GET", "/api/v1/pods?watch=1", ("watch", "pods", "", "")),
        ("GET", "/api/v1/pods?watch=true&x=y", ("watch", "pods", "", "")),
        ("GET", "/api/v1/pods?watch=false", ("list", "pods", "", "")),
        ("POST", "/api/v1/namespaces/a/pods", ("create", "pods", "a", "")),
        ("POST", "/api/v1/namespaces", ("create", "namespaces", "", "")),
        ("GET", "/api/v1/namespaces/a", ("get", "namespaces", "", "a")),
        ("PUT", "/api/v1/namespaces/a/finalize", ("update", "namespaces/finalize", "", "a")),
        ("PATCH", f"{TASK}/status", ("patch", "tasks.fairlead.dev/status", "a", "t1")),
        ("DELETE", TASK, ("delete", "tasks.fairlead.dev", "a", "t1")),
        ("DELETE", TASK.removesuffix("/t1"), ("deletecollection", "tasks.fairlead.dev", "a", "")),
        ("PUT", "/api/v1/nodes/n/status", ("update", "nodes/status", "", "n")),
        ("GET", "/readyz", ("list", "", "", "")),
        ("GET", "/apis", ("list", "", "", "")),
    ],
)
def test_a_request_is_understood(
    method: str, target: str, expected: tuple[str, str, str, str]
) -> None:
    asked = understand(method, target)

    assert (asked.verb, asked.resource, asked.namespace, asked.name) == expected


PATCH = understand("PATCH", f"{TASK}/status", agent="runner/1", user="op", body=b'{"attempt": 2}')


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (Rule("drop"), True),
        (Rule("drop", verbs=["patch", "update"]), True),
        (Rule("drop", verbs=["create"]), False),
        (Rule("drop", resource="tasks.fairlead.dev"), False),
        (Rule("drop", resource="tasks.fairlead.dev/status"), True),
        (Rule("drop", resource="tasks.fairlead.dev/*"), True),
        (Rule("drop", namespace="a"), True),
        (Rule("drop", namespace="b"), False),
        (Rule("drop", name="^t1$"), True),
        (Rule("drop", name="^t2$"), False),
        (Rule("drop", agent="^runner/"), True),
        (Rule("drop", agent="^kubectl"), False),
        (Rule("drop", user="op"), True),
        (Rule("drop", body='"attempt": 2'), True),
        (Rule("drop", body='"attempt": 3'), False),
        (Rule("event-drop"), False),
    ],
)
def test_a_rule_chooses_requests_by_all_it_names(rule: Rule, matches: bool) -> None:
    assert (choose([rule], PATCH) is rule) is matches


def test_a_rule_skips_some_then_hits_some() -> None:
    rule = Rule("drop", skip=2, times=3)

    hits = [choose([rule], PATCH) is rule for _ in range(8)]

    assert hits == [False, False, True, True, True, False, False, False]
    assert (rule.matched, rule.hit) == (8, 3)


def test_the_first_rule_that_hits_decides() -> None:
    first, second = Rule("fail", times=1), Rule("drop")

    assert choose([first, second], PATCH) is first
    assert choose([first, second], PATCH) is second


def test_a_share_of_requests_is_chosen_the_same_way_each_time() -> None:
    def chosen(seed: int) -> list[bool]:
        rule = Rule("drop", share=0.3, seed=seed)
        return [choose([rule], PATCH) is rule for _ in range(200)]

    assert chosen(1) == chosen(1) != chosen(2)
    assert 30 < sum(chosen(1)) < 90


WATCH = understand("GET", "/api/v1/namespaces/a/pods?watch=1")
EVENT = {"type": "MODIFIED", "object": {"metadata": {"name": "p"}}}


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (Rule("event-drop"), True),
        (Rule("event-drop", types=["MODIFIED"]), True),
        (Rule("event-drop", types=["DELETED"]), False),
        (Rule("event-drop", name="^p$"), True),
        (Rule("event-drop", name="^q$"), False),
        (Rule("event-drop", resource="pods"), True),
        (Rule("event-drop", resource="nodes"), False),
        (Rule("event-drop", body="Running"), True),
        (Rule("drop"), False),
    ],
)
def test_a_rule_chooses_events_by_all_it_names(rule: Rule, matches: bool) -> None:
    assert (choose_for_event([rule], WATCH, EVENT, '{"phase": "Running"}') is rule) is matches


def test_bookmarks_are_left_alone_unless_named() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {}}}
    named = Rule("event-drop", types=["BOOKMARK"])

    assert choose_for_event([Rule("event-drop")], WATCH, bookmark, "") is None
    assert choose_for_event([named], WATCH, bookmark, "") is named


def test_a_rule_from_outside_is_checked() -> None:
    assert Rule.from_json({"action": "delay", "seconds": 2}).seconds == 2
    with pytest.raises(ValueError, match="no action"):
        Rule.from_json({"action": "explode"})
    with pytest.raises(ValueError, match="no hit"):
        Rule.from_json({"action": "drop", "hit": 3})
