"""Programs and commands whose jobs run on a cluster."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import until
from tests.site.site import Site

from fairlead import Client

PROGRAM = Path(__file__).with_name("squares.py")
FAIRLEAD = Path(sys.executable).with_name("fairlead")

pytestmark = pytest.mark.usefixtures("client")


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def fairlead(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(FAIRLEAD, *words, **environment)


def test_the_same_program_and_what_it_says(client: Client) -> None:
    done = run(sys.executable, PROGRAM)

    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["25", "squaring 3", "squaring 4"]
    assert done.stdout.endswith("25\n")
    assert done.stderr == "Computed sum of squares result=25\n"
    [release] = (job["spec"]["release"] for job in _jobs(client))
    assert release.startswith("dev-squares-")


def test_a_command_runs_a_task_and_others_look_at_its_job() -> None:
    done = fairlead("run", f"{PROGRAM}:SumOfSquares", "--input", '{"numbers": [5]}')
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "25"), done.stderr

    shown = fairlead("jobs", "show", "SumOfSquares", "-o", "json")
    job = json.loads(shown.stdout)
    assert (job["state"], job["name"]) == ("COMPLETED", "SumOfSquares")
    assert "Square" in fairlead("jobs", "tree", job["id"]).stdout
    assert "squaring 5" in fairlead("logs", job["id"]).stdout
    assert fairlead("jobs", "delete", job["id"]).returncode == 0
    assert fairlead("jobs", "show", job["id"]).returncode == 3


def test_a_job_that_fails_ends_the_command_with_1() -> None:
    done = fairlead("run", f"{PROGRAM}:SumOfSquares", "--input", '{"numbers": []}')

    assert done.returncode == 1
    assert "ValueError: no numbers" in done.stderr


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        ({"KUBECONFIG": "/nowhere"}, 4, r"no cluster is chosen: /nowhere"),
        ({"FAIRLEAD_CONTEXT": "nobody"}, 4, r"has no context 'nobody'"),
        ({"FAIRLEAD_NAMESPACE": "kube-system"}, 4, r"does not allow it: .*Ask for the role"),
        ({"FAIRLEAD_REUSE": "often"}, 2, r"FAIRLEAD_REUSE is 'often'"),
    ],
    ids=["no kubeconfig", "no context", "no rights", "a setting"],
)
def test_what_stands_in_the_way_is_one_line(settings: dict[str, str], code: int, says: str) -> None:
    done = fairlead("jobs", "list", **settings)

    assert done.returncode == code
    assert re.search(says, done.stderr)
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_leaves_the_job_running_and_says_how_to_follow_it(
    client: Client, site: Site
) -> None:
    program = (
        "from fairlead import Client\n"
        "from tests.contract.programs.steps import Root\n"
        f"job = Client().jobs().submit('left', Root({{'gate': '{site.shared}/left'}}))\n"
        "print(job.id, flush=True)\n"
        "job.wait()\n"
    )
    begun = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert begun.stdout is not None
    id = begun.stdout.readline().strip()
    job = client.jobs().find(id)
    until("it runs", lambda: job.tasks()[0].state.value == "RUNNING", timeout=60)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=60)

    assert f"Job left goes on in the cluster; `fairlead jobs watch {id}` follows it." in said
    assert job.state.value == "RUNNING"
    (site.shared / "left").touch()
    assert job.wait(timeout=60).state.value == "COMPLETED"


def test_a_session_whose_program_ends_early_is_cancelled(client: Client) -> None:
    program = (
        "import sys\n"
        "from fairlead.sessions import Session\n"
        "Session('early').__enter__()\n"
        "sys.exit(3)\n"
    )
    assert run(sys.executable, "-c", program).returncode == 3

    assert client.jobs().find("early").wait(timeout=60).state.value == "CANCELLED"


SESSION = """
import sys, time
from fairlead.sessions import Session
Session(sys.argv[1]).__enter__()
print("open", flush=True)
time.sleep(600)
"""


@contextmanager
def session(client: Client, name: str, seconds: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """A program that has opened a session and waits; and the session's job."""
    command = [sys.executable, "-c", SESSION, name]
    environment = os.environ | {"FAIRLEAD_SESSION_SECONDS": seconds}
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "open\n"
        yield program, client.jobs().find(name)
    finally:
        program.kill()
        program.communicate()


def test_a_session_whose_program_was_killed_is_closed_and_cancelled(
    client: Client, site: Site
) -> None:
    with session(client, "killed", "2") as (program, job):
        program.kill()
        assert job.wait(timeout=120).state.value == "CANCELLED"
    [stored] = site.api.get(site.path("jobs"))["items"]
    assert stored["spec"]["closed"] == {"tasks": 0}
    until("it is told", lambda: _told(site, "SessionAbandoned"), timeout=60)


def test_a_session_whose_program_lives_stays_open_for_as_long_as_it_likes(
    client: Client, site: Site
) -> None:
    pulses = set()

    def beats() -> bool:
        [stored] = site.api.get(site.path("jobs"))["items"]
        pulses.add(stored["metadata"]["annotations"]["fairlead.dev/session-pulse"])
        return len(pulses) >= 12

    with session(client, "alive", "5") as (_, job):
        until("its program has lived for several times as long", beats, timeout=240, every=0.5)
        assert job.state.value not in ("CANCELLED", "FAILED")


def _told(site: Site, reason: str) -> bool:
    events = site.api.get(f"/apis/events.k8s.io/v1/namespaces/{site.namespace}/events")["items"]
    return any(event["reason"] == reason for event in events)


def test_a_job_of_a_file_is_found_and_waited_for_by_its_name(client: Client, site: Site) -> None:
    site.publish(PROGRAM, "squares-1")
    tasks = [
        {"name": "first", "identifier": "Square", "input": {"number": 7}},
        {"name": "second", "identifier": "Square", "input": {"number": 8}, "dependsOn": ["first"]},
    ]
    site.apply(
        {
            "apiVersion": "fairlead.dev/v1beta1",
            "kind": "Job",
            "metadata": {"name": "nightly"},
            "spec": {"release": "squares-1", "tasks": tasks},
        }
    )
    job = client.jobs().find("nightly").wait(timeout=120)

    assert job.result == [49, 64]
    assert client.jobs().find(job.id).name == "nightly"
    first, second = job.tasks()
    assert (first.key, second.key, second.depends_on) == ("first", "second", (first.id,))
    assert client.backend.task(second.id).parent_id is None


def _jobs(client: Client) -> list[dict[str, dict[str, str]]]:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

    assert isinstance(client.backend, KubernetesBackend)
    return client.backend.lookup.jobs()
