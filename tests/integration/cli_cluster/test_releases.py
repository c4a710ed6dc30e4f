"""Which release runs a job, as its author publishes and takes back."""

from __future__ import annotations

from tests.integration.command_line import Shell
from tests.site.site import Site

PROGRAM = """
from fairlead import ExecutionContext, Task
from helper import WORD


class Says(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/speech/Says", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        return WORD
"""


def publish(shell: Shell, name: str, word: str) -> None:
    shell.program("speech.py", PROGRAM)
    shell.program("helper.py", f"WORD = {word!r}\n")
    assert shell.json("releases", "publish", "speech.py", "--name", name)["new"]


def said(site: Site, name: str) -> object:
    """Return the result of a job that names no release, of one task."""
    task = {"name": "root", "identifier": "example.com/speech/Says", "version": "v1.0"}
    kind = {"apiVersion": "fairlead.dev/v1beta1", "kind": "Job"}
    site.apply({**kind, "metadata": {"name": name}, "spec": {"tasks": [task]}})
    site.wait_finished(name)
    (ran,) = site.tasks(name)
    return ran["status"].get("result"), ran["status"].get("release")


def test_the_newest_release_runs_until_it_is_taken_back(shell: Shell, site: Site) -> None:
    publish(shell, "speech-1", "first")
    assert said(site, "one") == ('"first"', "speech-1")
    publish(shell, "speech-2", "second")
    assert said(site, "two") == ('"second"', "speech-2")
    shown = shell.json("releases", "rollback", "speech-2")
    assert shown["tasks"][0]["release"] == "speech-1"
    assert said(site, "three") == ('"first"', "speech-1")
    assert [one["ready"] for one in shell.json("releases", "list")] == [True]
    shell("releases", "rollback", "speech-1", "--force")


def test_running_a_program_publishes_it_once(shell: Shell) -> None:
    words = ("run", "flows.py:Square", "--input", '{"number": 3}')
    assert [shell(*words), shell(*words)] == ["9\n", "9\n"]
    found = shell.json("releases", "list", "--all", "--program", "flows")
    stages = {one["stage"] for one in found}
    assert stages == {"Development"}
    assert shell.json("releases", "prune", "--days", "0", "--dry-run")["removed"] == []
    shell.program("flows.py", (shell.folder / "flows.py").read_text() + "\n# changed\n")
    shell(*words)
    after = shell.json("releases", "list", "--all", "--program", "flows")
    assert len(after) == len(found) + 1
