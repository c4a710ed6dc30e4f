"""Which Release runs a task."""

from __future__ import annotations

import pytest
from tests.unit.operator.runners.given import (
    PACKAGE,
    Object,
    added,
    deleted,
    release_object,
    release_task,
    releases,
)

from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.releases import ChosenRelease, ReleaseIndex

FETCH = "acme.example/Fetch"
OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def choose(
    index: ReleaseIndex, version: str = "v1.0", release: str | None = None, identifier: str = FETCH
) -> ChosenRelease | Refusal:
    return index.choose(identifier, version, release, "here")


def name(found: ChosenRelease | Refusal) -> tuple[str, str]:
    assert isinstance(found, ChosenRelease), found
    return found.name, found.version


def refusal(found: ChosenRelease | Refusal) -> Refusal:
    assert isinstance(found, Refusal), found
    assert not found.ordinary
    assert not found.final
    return found


def test_the_highest_compatible_version_runs() -> None:
    index = releases(
        release_object("a", release_task(FETCH, "v1.2"), release_task(FETCH, "v2.0")),
        release_object("b", release_task(FETCH, "v1.10"), release_task(FETCH, "v0.9")),
    )
    assert name(choose(index, "v1.0")) == ("b", "v1.10")
    assert name(choose(index, "v2.0")) == ("a", "v2.0")
    assert name(choose(index, "v0.1")) == ("b", "v0.9")


def test_of_the_same_version_the_newest_release_runs() -> None:
    index = releases(
        release_object("old", release_task(FETCH, "v1.2"), created=OLD),
        release_object("new", release_task(FETCH, "v1.2"), created=NEW),
    )
    assert name(choose(index)) == ("new", "v1.2")


def test_of_the_same_second_the_later_name_runs_whatever_came_first() -> None:
    pair = [release_object(it, release_task(FETCH)) for it in ("a", "b")]
    assert name(choose(releases(*pair))) == name(choose(releases(*reversed(pair)))) == ("b", "v1.0")


def test_a_higher_version_wins_over_a_newer_release() -> None:
    index = releases(
        release_object("old", release_task(FETCH, "v1.3"), created=OLD),
        release_object("new", release_task(FETCH, "v1.2"), created=NEW),
    )
    assert name(choose(index)) == ("old", "v1.3")


def test_a_named_release_is_the_only_one() -> None:
    index = releases(
        release_object("a", release_task(FETCH, "v1.2")),
        release_object("b", release_task(FETCH, "v1.3")),
    )
    assert name(choose(index, "v1.0", "a")) == ("a", "v1.2")
    assert "published in Release a: v1.2" in refusal(choose(index, "v1.3", "a")).message


def test_development_releases_are_used_only_where_they_are_named() -> None:
    index = releases(release_object("dev", release_task(FETCH), stage="Development"))
    assert name(choose(index, release="dev")) == ("dev", "v1.0")
    found = refusal(choose(index))
    assert found.reason == "NoCompatibleRelease"
    assert "spec.release" in found.message
    assert "dev" in found.message


def test_an_identifier_of_one_release_is_nobody_elses() -> None:
    index = releases(release_object("a", release_task("Root", scope="Release")))
    assert name(choose(index, "v1.0", "a", "Root")) == ("a", "v1.0")
    assert refusal(choose(index, "v1.0", None, "Root")).reason == "NoCompatibleRelease"


def test_releases_of_other_namespaces_do_not_count() -> None:
    index = releases(release_object("a", release_task(FETCH), namespace="elsewhere"))
    assert "not published in namespace here" in refusal(choose(index)).message
    assert "does not exist" in refusal(choose(index, release="a")).message


def test_a_refusal_says_what_there_is_and_what_would_do() -> None:
    index = releases(
        release_object("a", release_task(FETCH, "v2.0"), release_task(FETCH, "v1.2")),
        release_object("b", release_task(FETCH, "v10.0")),
    )
    assert refusal(choose(index, "v1.3")).message == (
        "acme.example/Fetch v1.3 needs v1.3 or a later v1.x; published in namespace here:"
        " v1.2, v2.0, v10.0. Publish v1.x, or submit v10.0."
    )


def test_a_broken_release_counts_only_if_there_is_no_other() -> None:
    index = releases(
        release_object("old", release_task(FETCH, "v1.2"), created=OLD),
        release_object("new", release_task(FETCH, "v1.3"), created=NEW),
    )
    assert index.found_faults("here", "new", ["ConfigMap code-0 is missing"])
    assert name(choose(index)) == ("old", "v1.2")
    assert index.found_faults("here", "old", ["ConfigMap code-9 is missing"])
    found = refusal(choose(index))
    assert found.reason == "ReleaseBroken"
    assert "Release new" in found.message
    assert "code-0 is missing" in found.message
    assert index.found_faults("here", "new", [])
    assert name(choose(index)) == ("new", "v1.3")


def test_a_release_counts_in_full_once_somebody_has_looked_at_it() -> None:
    index = releases(
        release_object("old", release_task(FETCH, "v1.2"), created=OLD),
        release_object("new", release_task(FETCH, "v1.3"), created=NEW),
    )
    assert name(choose(index)) == ("new", "v1.3")
    index.found_faults("here", "old", [])
    assert name(choose(index)) == ("old", "v1.2")
    assert name(choose(index, "v1.3")) == ("new", "v1.3")
    index.found_faults("here", "new", [])
    assert name(choose(index)) == ("new", "v1.3")


def ready(status: str, message: str = "") -> Object:
    reason = "Ready" if status == "True" else "ReleaseBroken"
    one = {"type": "Ready", "status": status, "reason": reason, "message": message}
    return {"conditions": [one]}


def test_what_an_earlier_operator_found_is_known_from_the_start() -> None:
    broken = release_object("new", release_task(FETCH, "v1.3"), created=NEW)
    broken["status"] = ready("False", "It cannot be used: the ConfigMap x is missing.")
    good = release_object("old", release_task(FETCH, "v1.2"), created=OLD)
    good["status"] = ready("True")
    index = releases(broken, good)
    assert name(choose(index)) == ("old", "v1.2")
    found = index.get("here", "new")
    assert found is not None
    assert found.faults == ("the ConfigMap x is missing",)


def test_only_news_are_news() -> None:
    index = releases(release_object("a", release_task(FETCH)))
    assert index.found_faults("here", "a", [])
    assert not index.found_faults("here", "a", [])
    assert index.found_faults("here", "a", ["x"])
    assert not index.found_faults("here", "a", ["x"])
    assert not index.found_faults("here", "gone", ["x"])


def test_a_release_comes_and_goes() -> None:
    index = ReleaseIndex()
    one = release_object("a", release_task(FETCH))
    assert isinstance(choose(index), Refusal)
    assert index.observe(added(one)) == ("here", "a")
    assert name(choose(index)) == ("a", "v1.0")
    index.observe(added(one))
    index.observe(deleted(one))
    assert isinstance(choose(index), Refusal)
    index.observe(deleted(one))
    assert index.get("here", "a") is None


def test_a_release_made_anew_under_its_name_is_another() -> None:
    index = releases(release_object("a", release_task(FETCH, "v1.0"), created=OLD))
    index.found_faults("here", "a", ["x"])
    index.observe(added(release_object("a", release_task(FETCH, "v2.0"), created=NEW)))
    assert isinstance(choose(index, "v1.0"), Refusal)
    assert name(choose(index, "v2.0")) == ("a", "v2.0")


def test_faults_stay_when_only_the_status_changed() -> None:
    one = release_object("a", release_task(FETCH))
    index = releases(one)
    index.found_faults("here", "a", ["x"])
    index.observe(added({**one, "status": {"tasks": 1}}))
    found = index.get("here", "a")
    assert found is not None
    assert (found.faults, found.status) == (("x",), {"tasks": 1})


def test_what_a_pod_needs_to_know() -> None:
    task = release_task(
        FETCH,
        machineSize="large",
        retry={"limit": 3, "backoffSeconds": 5},
        timeoutSeconds=60,
        maxParallel=4,
        inputSchema="{}",
    )
    index = releases(
        release_object("a", task, release_task("B"), package=PACKAGE, imagePullPolicy="Always")
    )
    found = choose(index)
    assert isinstance(found, ChosenRelease)
    assert found.image == "registry.example/acme:1"
    assert found.image_pull_policy == "Always"
    assert found.package is not None
    assert found.package.config_maps == ("code-0", "code-1")
    assert [one.identifier for one in found.tasks] == [FETCH, "B"]
    defaults = found.definition
    assert defaults.retry is not None
    assert (defaults.retry.limit, defaults.retry.backoff_seconds) == (3, 5)
    assert defaults.retry.max_backoff_seconds == 60
    assert (defaults.machine_size, defaults.timeout_seconds, defaults.max_parallel) == (
        "large",
        60,
        4,
    )


BROKEN: dict[str, Object] = {
    "no tasks": {"image": "x", "tasks": None},
    "tasks of another shape": {"image": "x", "tasks": ["a"]},
    "no spec": {"image": "x", "tasks": [{}]},
    "a package of another shape": {
        "image": "x",
        "tasks": [release_task(FETCH)],
        "package": {"parts": 3},
    },
}


@pytest.mark.parametrize("spec", BROKEN.values(), ids=BROKEN)
def test_a_release_that_cannot_be_read_harms_nobody_else(spec: Object) -> None:
    broken = release_object("odd")
    broken["spec"] = spec
    index = releases(broken, release_object("a", release_task(FETCH)))
    assert name(choose(index)) == ("a", "v1.0")
    found = index.get("here", "odd")
    assert found is not None
    assert "cannot read it" in found.faults[0]
    index.observe(deleted(broken))


def test_a_list_of_tasks_that_no_pod_can_be_told_is_refused() -> None:
    many = [release_task(f"acme.example/{'x' * 200}/{number}") for number in range(200)]
    many += [release_task(f"acme.example/{'é' * 200}/{number}") for number in range(200)]
    index = releases(release_object("big", *many))
    found = refusal(choose(index, identifier=many[0]["identifier"]))
    assert found.reason == "ReleaseBroken"
    assert "publish fewer tasks" in found.message


def test_an_answer_is_remembered_until_something_changes() -> None:
    index = releases(release_object("a", release_task(FETCH)))
    assert choose(index) is choose(index)
    first = choose(index)
    index.observe(added(release_object("b", release_task("Other"))))
    assert choose(index) is not first
