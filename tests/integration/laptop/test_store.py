"""The store: where it cannot be, what it cannot read, and what happens when it is full."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.contract.programs.steps import Root

from fairlead import Client, NotFoundError, StoreError, StoreFullError, StoreVersionError, TaskRun
from fairlead.backends.local.schema import connect

from .programs.filling import Fill

Fairlead = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the store, not made yet."""
    path = tmp_path / "home"
    monkeypatch.setenv("FAIRLEAD_HOME", str(path))
    return path


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Mount small file systems; a machine of ours must be able to, others may skip."""
    mounted: list[Path] = []

    def call(*options: str) -> Path:
        place = tmp_path / f"mount{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no mount command")
        if done.returncode:
            if os.environ.get("CI"):
                pytest.fail(done.stderr)
            pytest.skip(f"mounting is refused here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield call
    for place in mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


class TestWhereItCannotBe:
    def test_a_file_in_its_place(self, home: Path, fairlead: Fairlead) -> None:
        home.write_text("a file")
        with pytest.raises(StoreError, match=r"cannot be written .*FAIRLEAD_HOME"):
            Client().jobs().query()
        _refused(fairlead("jobs", "list"), 4, str(home), "FAIRLEAD_HOME")

    def test_a_file_system_that_is_read_only(
        self, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, fairlead: Fairlead
    ) -> None:
        place = mount("ro", "size=64k")
        monkeypatch.setenv("FAIRLEAD_HOME", str(place))
        with pytest.raises(StoreError, match="Read-only file system"):
            Client().jobs().query()
        _refused(fairlead("jobs", "list"), 4, "Read-only file system")

    def test_a_store_that_has_become_read_only(
        self, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, fairlead: Fairlead
    ) -> None:
        place = mount("size=8m")
        monkeypatch.setenv("FAIRLEAD_HOME", str(place))
        assert fairlead("jobs", "list").returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        _refused(fairlead("jobs", "list"), 4, str(place))


class TestHowItWrites:
    def test_readers_do_not_wait_for_it(self, home: Path) -> None:
        Client().jobs().query()
        with closing(sqlite3.connect(home / "store.db")) as store:
            assert store.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_many_short_writes_are_one_commit(self, home: Path) -> None:
        client = Client()
        job = client.jobs().submit("fan", [Root() for _ in range(300)])
        statements: list[str] = []
        store: Any = client.backend
        store.store._writer.set_trace_callback(statements.append)

        client.runner().run_all()

        assert job.state.value == "COMPLETED"
        # Each task is written when it starts and when it ends.
        assert 2 <= statements.count("COMMIT") < 300


class TestWhatItCannotRead:
    def test_a_store_of_a_newer_version(self, home: Path, fairlead: Fairlead) -> None:
        home.mkdir()
        with sqlite3.connect(home / "store.db") as store:
            store.execute("PRAGMA user_version=99")
        with pytest.raises(StoreVersionError, match=r"format 99.*Upgrade Fairlead"):
            Client().jobs().query()
        _refused(fairlead("jobs", "list"), 4, "format 99", "Upgrade Fairlead")

    def test_a_store_of_an_earlier_format_gets_what_it_lacks(self, home: Path) -> None:
        home.mkdir()
        with closing(connect(home)) as store:
            store.executescript("DROP TABLE offer; DROP TABLE loan; PRAGMA user_version=1")
        client = Client()
        job = client.jobs().submit("after", Root({"returns": 7}))

        client.runner().run_all()

        assert job.result == 7

    def test_a_file_that_is_no_store(self, home: Path, fairlead: Fairlead) -> None:
        home.mkdir()
        (home / "store.db").write_text("no database at all " * 100)
        with pytest.raises(StoreError, match=r"store\.db .*Move it away"):
            Client().jobs().query()
        _refused(fairlead("jobs", "list"), 4, "store.db", "Move it away")


class TestFull:
    def test_submitting_stores_nothing_and_says_so(
        self, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FAIRLEAD_HOME", str(mount("size=1m")))
        client = Client()
        job = client.jobs().submit("small", Root())
        with pytest.raises(StoreFullError, match=r"disk .* is full.*make room"):
            client.jobs().submit("large", Root({"returns": "x" * 3_000_000}))

        assert [one.id for one in client.jobs().query()] == [job.id]

    def test_while_a_job_runs_it_can_go_on_once_there_is_room(
        self, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = mount("size=2m")
        monkeypatch.setenv("FAIRLEAD_HOME", str(place))
        client = Client()
        job = client.jobs().submit("fill", Fill(20, 200_000))
        with pytest.raises(StoreFullError):
            job.wait(timeout=60)
        done = [task.id for task in job.tasks() if task.state.value == "COMPLETED"]
        assert job.state.value == "RUNNING"

        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        job.wait(timeout=60)
        assert job.state.value == "COMPLETED"
        assert len(job.tasks()) == 21
        for id in done:
            assert len(client.backend.attempts(id)) == 1

    def test_a_new_store_without_room(
        self, mount: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, fairlead: Fairlead
    ) -> None:
        monkeypatch.setenv("FAIRLEAD_HOME", str(mount("size=16k")))
        with pytest.raises(StoreFullError):
            Client().jobs().query()
        _refused(fairlead("jobs", "list"), 4, "is full")


class TestInMemory:
    def test_nothing_is_written_to_disk(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("FAIRLEAD_HOME", "memory")
        client = Client()
        job = client.jobs().submit("memory", Root({"steps": {"A": {}}, "returns": 1}))
        client.jobs().suspend(job)
        client.jobs().resume(job)

        assert job.wait(timeout=60).result == 1
        assert list(client.jobs().logs(job)) == []
        assert list(tmp_path.iterdir()) == []
        assert client.backend is Client().backend
        backend: Any = client.backend
        backend.close()

    def test_it_is_gone_with_its_process(self, fairlead: Fairlead) -> None:
        listed = fairlead("jobs", "list", "-o", "json", FAIRLEAD_HOME="memory")
        assert (listed.returncode, listed.stdout.strip()) == (0, "[]")


class TestUnknown:
    @pytest.mark.parametrize(
        "call",
        [
            lambda client: client.jobs().find("nothing"),
            lambda client: client.jobs().cancel("nothing"),
            lambda client: client.jobs().retry("nothing"),
            lambda client: client.backend.job("0" * 25),
            lambda client: client.backend.wait_job("0" * 25, 1.0),
            lambda client: TaskRun("0" * 25).status,
            lambda client: TaskRun("0" * 25).result(),
            lambda client: TaskRun("0" * 25).kill(),
            lambda client: TaskRun("0" * 25).set_metadata({"a": "b"}),
            lambda client: TaskRun("0" * 25).list_files(),
            lambda client: list(client.backend.logs(job_id="0" * 25)),
            lambda client: client.backend.terminate_machines("nothing"),
        ],
    )
    def test_ids_and_names(self, client: Client, call: Callable[[Client], object]) -> None:
        with pytest.raises(NotFoundError, match=r"nothing|0{25}"):
            call(client)

    @pytest.mark.parametrize(
        "command", [["jobs", "show"], ["jobs", "cancel"], ["jobs", "run"], ["logs"],
                    ["tasks", "info"], ["tasks", "kill"]]
    )  # fmt: skip
    def test_by_the_command_line(self, fairlead: Fairlead, command: list[str]) -> None:
        _refused(fairlead(*command, "nothing"), 3, "nothing")


def test_deleting_a_job_leaves_nothing_of_it(client: Client, tmp_path: Path) -> None:
    from tests.contract.programs.telling import LeavesFiles, Logs

    run = client.run(LeavesFiles())
    run.wait(timeout=60)
    job_id = run.view.job_id
    other = client.jobs().submit("other", Logs()).wait(timeout=60)
    client.backend.delete_job(job_id)

    with pytest.raises(NotFoundError):
        client.backend.job(job_id)
    with pytest.raises(NotFoundError):
        run.list_files()
    assert not list(Path(os.environ["FAIRLEAD_HOME"]).glob(f"files/{job_id}/**/*"))
    assert len(list(client.jobs().logs(other))) == 4


def _refused(ended: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    for word in words:
        assert word in ended.stderr
