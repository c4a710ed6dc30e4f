"""What an observer knows: which events objects, deletions and lists mean."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairlead_operator.kube.kinds import SIZES, TASKS
from fairlead_operator.observe.event import Event
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.known import KEPT_LABELS, Known, key_of


def item(name: str, version: int, uid: str = "", **labels: str) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "here",
        "uid": uid or f"uid-{name}",
        "resourceVersion": str(version),
        "labels": {f"fairlead.dev/{key}": text for key, text in labels.items()},
    }
    return {"metadata": metadata, "spec": {"large": "value"}}


def told(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.type, event.object["metadata"]["uid"]) for event in events]


def test_news_is_told_once() -> None:
    known = Known(TASKS)
    assert told(known.present(item("a", 5))) == [("ADDED", "uid-a")]
    assert told(known.present(item("a", 5))) == []
    assert told(known.present(item("a", 4))) == []
    assert told(known.present(item("a", 6))) == [("MODIFIED", "uid-a")]
    assert not known.is_news(item("a", 6)["metadata"])
    assert known.is_news(item("a", 7)["metadata"])
    assert known.is_news(item("b", 1)["metadata"])


def test_a_deletion_is_told_with_the_object_and_once() -> None:
    known = Known(TASKS)
    known.present(item("a", 5))
    gone = known.deleted(item("a", 6))
    assert told(gone) == [("DELETED", "uid-a")]
    assert gone[0].object["spec"] == {"large": "value"}
    assert told(known.deleted(item("a", 6))) == []
    assert len(known) == 0


def test_another_object_of_that_name_means_that_the_first_is_gone() -> None:
    known = Known(TASKS)
    known.present(item("a", 5, "first"))
    assert told(known.present(item("a", 9, "second"))) == [
        ("DELETED", "first"),
        ("ADDED", "second"),
    ]
    # What is heard of the first afterwards is of the past.
    assert told(known.present(item("a", 6, "first"))) == []
    assert told(known.deleted(item("a", 7, "first"))) == []
    assert len(known) == 1


def test_of_what_vanished_the_name_and_whom_it_concerns_are_left() -> None:
    known = Known(TASKS)
    known.present(item("a", 5, **{"job": "nightly", "job-uid": "j1", "key": "0"}))
    known.present(item("b", 6))
    gone = known.vanished({("here", "b")}, upto=9)
    assert gone[0].object == {
        "metadata": {
            "name": "a",
            "namespace": "here",
            "uid": "uid-a",
            "labels": {"fairlead.dev/job": "nightly", "fairlead.dev/job-uid": "j1"},
        }
    }
    assert set(gone[0].object["metadata"]["labels"]) <= set(KEPT_LABELS)
    assert [told(gone), len(known)] == [[("DELETED", "uid-a")], 1]


def test_what_came_after_a_list_has_not_vanished() -> None:
    known = Known(TASKS)
    known.present(item("a", 5))
    known.present(item("b", 10))
    assert told(known.vanished(set(), upto=9)) == [("DELETED", "uid-a")]


def test_objects_of_the_cluster_have_no_namespace() -> None:
    known = Known(SIZES)
    known.present({"metadata": {"name": "small", "uid": "u", "resourceVersion": "1"}})
    gone = known.vanished(set(), upto=1)
    assert gone[0].object == {"metadata": {"name": "small", "uid": "u", "labels": {}}}


def test_labels_may_change() -> None:
    known = Known(TASKS)
    known.present(item("a", 5, job="one"))
    known.present(item("b", 6, job="two"))
    known.present(item("a", 7, job="other"))
    gone = {
        e.object["metadata"]["name"]: e.object["metadata"] for e in known.vanished(set(), upto=9)
    }
    assert gone["a"]["labels"] == {"fairlead.dev/job": "other"}
    assert gone["b"]["labels"] == {"fairlead.dev/job": "two"}


steps = st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=40)


@given(steps)
def test_whoever_follows_the_events_knows_what_is_there(
    history: list[tuple[str, bool, bool]],
) -> None:
    """Objects come, change and go; some of it is seen at once, the rest by a list at the end."""
    known, there, follower = Known(TASKS), {}, {}
    version = 0

    def follow(events: list[Event]) -> None:
        for event in events:
            uid = event.object["metadata"]["uid"]
            if event.type == "DELETED":
                del follower[uid]
            else:
                assert (uid in follower) == (event.type == "MODIFIED")
                follower[uid] = event.object["metadata"]["resourceVersion"]

    for name, seen, goes in history:
        version += 1
        if goes and name in there:
            gone = there.pop(name)
            gone["metadata"]["resourceVersion"] = str(version)
            follow(known.deleted(gone) if seen else [])
            continue
        uid = there[name]["metadata"]["uid"] if name in there else f"{name}{version}"
        there[name] = item(name, version, uid)
        follow(known.present(item(name, version, uid)) if seen else [])
    for found in there.values():
        follow(known.present(found))
    follow(known.vanished({key_of(found["metadata"]) for found in there.values()}, upto=version))
    expected = {o["metadata"]["uid"]: o["metadata"]["resourceVersion"] for o in there.values()}
    assert follower == expected


def test_the_view_is_as_old_as_its_oldest_part() -> None:
    now = [0.0]
    freshness = Freshness(lambda: now[0])
    assert (freshness.oldest(), freshness.idlest()) == (0.0, 0.0)
    freshness.expect("tasks")
    freshness.expect("pods")
    now[0] = 10.0
    freshness.heard("pods")
    now[0] = 30.0
    freshness.turned("tasks")
    assert freshness.ages() == {"tasks": 30.0, "pods": 20.0}
    assert freshness.oldest() == 30.0
    assert freshness.idlest() == 20.0
    freshness.expect("tasks")
    assert freshness.oldest() == 30.0
