"""Calls that need no store: usage errors, the version, help, completion, a missing extra."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fairlead.cli.exits import ExitCode
from fairlead.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["jobs", "lst"], "No such command 'lst'. Did you mean 'list'?; `fairlead jobs --help`"),
        (["jobs", "list", "--colour"], "No such option: --colour"),
        (["jobs", "show"], "Missing argument 'JOB'; `fairlead jobs show --help`"),
        (["jobs", "list", "-o", "xml"], "'xml' is not one of 'table', 'json', 'yaml'"),
        (["jobs", "list", "-n", "0"], "--limit"),
        (["tasks", "list", "--state", "busy"], "'busy' is not one of 'queued', 'running'"),
    ],
)
def test_a_usage_error_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("fairlead: ")
    assert said in printed.err
    assert printed.err.rstrip().endswith("--help` shows what is possible")


@pytest.mark.parametrize("arguments", [[], ["jobs"], ["tasks"], ["machines"]])
def test_a_group_without_a_command_shows_its_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert "Usage: fairlead" in printed.out + printed.err
    assert "Commands" in printed.out + printed.err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("fairlead ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == ExitCode.OK
    assert "_FAIRLEAD_COMPLETE" in capsys.readouterr().out


def test_a_shell_that_asks_gets_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_FAIRLEAD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "fairlead jobs s")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out.split() == ["show", "suspend"]


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_a_missing_extra_is_a_sentence_that_says_how_to_get_it() -> None:
    # None in sys.modules is how Python itself notes that a module is not to be found.
    ended = python(
        "import sys; sys.modules['typer'] = None\n"
        "from fairlead.cli.main import main; sys.exit(main(['jobs', 'list']))"
    )
    assert ended.returncode == ExitCode.USAGE
    assert ended.stderr == (
        "fairlead: the command line needs the package 'typer', which is not installed here;"
        " install it with: pip install 'fairlead[cli]'\n"
    )


def test_starting_imports_nothing_that_only_some_commands_need() -> None:
    ended = python(
        "import sys\n"
        "from fairlead.cli.main import main\n"
        "main(['--version'])\n"
        "print(sorted({'rich', 'yaml', 'sqlite3', 'pydantic', 'asyncio'} & set(sys.modules)))"
    )
    assert ended.stdout.splitlines()[-1] == "[]"
