"""One task that makes as many subtasks as a task may."""

from __future__ import annotations

import time

from tests.integration.runner_pod.stand import Stand, released

from fairlead.api import labels
from fairlead.api.constants import MAX_CHILDREN

MANY = released("large", "Many", "Steps")


def test_all_subtasks_of_a_task_are_made(stand: Stand) -> None:
    count = MAX_CHILDREN
    task, pod = stand.make("Many", {"count": count}), stand.pod()
    stand.assign(task, pod)
    began = time.monotonic()
    agent = stand.start(pod, MANY, task)
    status = stand.wait_outcome(task, seconds=280)
    print(f"{count} subtasks were made in {time.monotonic() - began:.1f} s")
    assert (status["outcome"]["kind"], status["children"]) == ("Succeeded", count)
    assert status["state"] == "Running"
    assert agent.wait() == 0
    made = stand.children(task)
    uid = stand.task(task)["metadata"]["uid"]
    assert [one["spec"]["key"] for one in made] == [str(number) for number in range(count)]
    assert len({one["metadata"]["name"] for one in made}) == count
    assert len({one["spec"]["id"] for one in made}) == count
    for number, one in enumerate(made):
        assert one["spec"]["input"].startswith(f'{{"count":{number},')
        assert one["spec"]["parent"] == {"name": task, "uid": uid, "attempt": 1}
        assert one["spec"]["creator"]["podUID"] == pod.uid
        assert one["metadata"]["labels"][labels.KEY] == str(number)
        # Inert: nobody holds it, nobody has begun with it.
        assert one["status"] == {"state": "Queued"}
