"""A program becomes one archive and the list of its tasks, without being imported again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.releases.conftest import Write, task

from fairlead.errors import ConflictingDefinitionError, ReleaseError
from fairlead.releases import Packed, package
from fairlead.releases import tasks as release_tasks
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.registry import registry

Import = Callable[[Path], None]

NAMED = '''
from fairlead import ExecutionContext, Task
from fairlead.sessions import task


class Named(Task):
    """One of many."""

    values: list[float]

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/flow/Named", "v1.4"

    def execute(self, context: ExecutionContext) -> float:
        return sum(self.values)


@task(max_parallel=3, size="large", max_retries=2, timeout=1.5)
def limited(x: int) -> int:
    return x
'''


def listed(packed: Packed) -> list[str]:
    return [f"{one.entry_point} {one.identifier} {one.version} {one.scope}" for one in packed.tasks]


def defined(name: str) -> TaskDefinition:
    return next(one for one in registry if one.name == name)


def test_tasks_are_listed_as_they_are_declared(write: Write, import_file: Import) -> None:
    file = write({"declared.py": NAMED}) / "declared.py"
    import_file(file)
    packed = package(str(file))
    assert listed(packed) == [
        "declared:Named example.com/flow/Named v1.4 Global",
        "declared:limited limited v0.0 Release",
    ]
    named, limited = (one.to_dict() for one in packed.tasks)
    assert '"values":{"items":{"type":"number"}' in named["inputSchema"]
    assert (limited["machineSize"], limited["maxParallel"]) == ("large", 3)
    assert limited["retry"] == {"limit": 2, "backoffSeconds": 1, "maxBackoffSeconds": 60}
    assert limited["timeoutSeconds"] == 2  # whole seconds, rounded up


def test_the_programs_own_tasks_come_first(write: Write, import_file: Import) -> None:
    folder = write({"zz_flow.py": "import aa_part\n" + task("Root"), "aa_part.py": task("Part")})
    import_file(folder / "zz_flow.py")
    packed = package(str(folder / "zz_flow.py"))
    assert listed(packed) == ["zz_flow:Root Root v0.0 Release", "aa_part:Part Part v0.0 Release"]
    assert packed.files == ("aa_part.py", "zz_flow.py")


def test_nothing_is_imported_and_definitions_of_other_files_stay_out(
    write: Write, import_file: Import
) -> None:
    folder = write({"alone.py": task("Alone"), "other_one.py": task("Other")})
    import_file(folder / "alone.py")
    import_file(folder / "other_one.py")
    before = set(sys.modules)
    assert listed(package(str(folder / "alone.py"))) == ["alone:Alone Alone v0.0 Release"]
    assert set(sys.modules) == before


def test_a_definition_that_no_import_leads_to_is_added(write: Write, import_file: Import) -> None:
    folder = write({"starts.py": task("Starts"), "plugin_x.py": task("Plugin")})
    import_file(folder / "starts.py")
    import_file(folder / "plugin_x.py")
    packed = package(str(folder / "starts.py"), also=[defined("Plugin")])
    assert packed.files == ("plugin_x.py", "starts.py")
    assert "plugin_x:Plugin Plugin v0.0 Release" in listed(packed)


def test_definitions_in_functions_are_left_out_and_refused_where_wanted(
    write: Write, import_file: Import
) -> None:
    inner = "def make():\n    from fairlead.workflow import task\n\n    @task\n    def hidden():\n"
    text = task("Outer") + inner + "        pass\n    return hidden\n\nkept = make()\n"
    file = write({"inner_flow.py": text}) / "inner_flow.py"
    import_file(file)
    assert listed(package(str(file))) == ["inner_flow:Outer Outer v0.0 Release"]
    hidden = next(one for one in registry if one.name == "hidden")
    with pytest.raises(ReleaseError, match="hidden is defined inside a function"):
        package(str(file), also=[hidden])


def test_a_program_without_tasks_is_refused(write: Write, import_file: Import) -> None:
    file = write({"empty_flow.py": "x = 1\n"}) / "empty_flow.py"
    import_file(file)
    with pytest.raises(ReleaseError, match="define no task"):
        package(str(file))


def test_two_definitions_of_one_name_conflict_where_they_are_wanted(
    write: Write, import_file: Import
) -> None:
    folder = write(
        {"conf_a.py": "import conf_b\n" + task("Same") + task("Fine"), "conf_b.py": task("Same")}
    )
    file = folder / "conf_a.py"
    import_file(file)
    assert listed(package(str(file))) == ["conf_a:Fine Fine v0.0 Release"]
    with pytest.raises(ConflictingDefinitionError, match=r"conf_a\.py:\d+, and .*conf_b\.py:\d+"):
        package(str(file), strict=True)
    same = next(one for one in registry if one.origin.file == str(folder / "conf_b.py"))
    with pytest.raises(ConflictingDefinitionError):
        package(str(file), also=[same])


def test_too_many_tasks_are_refused(
    write: Write, import_file: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_tasks, "MAX_RELEASE_TASKS", 1)
    file = write({"many_flow.py": task("One") + task("Two")}) / "many_flow.py"
    import_file(file)
    with pytest.raises(ReleaseError, match="defines 2 tasks, but a release holds 1"):
        package(str(file))


def test_a_name_that_no_entry_point_can_have_is_refused(write: Write, import_file: Import) -> None:
    file = write({"accents.py": task("Größe")}) / "accents.py"
    import_file(file)
    with pytest.raises(ReleaseError, match=r"Größe at .*accents\.py:\d+ cannot be in a release"):
        package(str(file))


def test_a_program_ends_at_its_first_call_that_starts_work(
    write: Write, import_file: Import
) -> None:
    start = "from fairlead import Client\nClient().jobs().submit('j', Above(1)).wait()\n"
    file = write({"starting.py": task("Above") + start + task("Below")}) / "starting.py"
    import_file(file)
    assert listed(package(str(file))) == ["starting:Above Above v0.0 Release"]


def test_a_module_of_a_package_without_init_keeps_its_name(
    write: Write, import_file: Import
) -> None:
    text = "import importlib\nname = 'ns_plugins.' + 'deep.one'\nimportlib.import_module(name)\n"
    folder = write({"loads.py": text + task("Loads"), "ns_plugins/deep/one.py": task("Deep")})
    import_file(folder / "loads.py")
    packed = package(str(folder / "loads.py"), also=[defined("Deep")])
    assert packed.files == ("loads.py", "ns_plugins/deep/one.py")
    assert packed.tasks[1].entry_point == "ns_plugins.deep.one:Deep"
    alone = package(str(folder / "ns_plugins/deep/one.py"))
    assert alone.files == ("ns_plugins/deep/one.py",)


def test_schemas_are_kept_as_long_as_there_is_room(
    write: Write, import_file: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write({"schemas.py": task("First") + task("Second")}) / "schemas.py"
    import_file(file)
    whole = [one.input_schema for one in package(str(file)).tasks]
    assert all(whole)
    monkeypatch.setattr(release_tasks, "MAX_SCHEMAS", len(whole[0] or "") + 1)
    assert [one.input_schema for one in package(str(file)).tasks] == [whole[0], None]


def test_more_names_than_a_runner_can_be_told_are_refused(
    write: Write, import_file: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write({"wordy.py": task("Wordy")}) / "wordy.py"
    import_file(file)
    monkeypatch.setattr(release_tasks, "MAX_LIST", 10)
    with pytest.raises(ReleaseError, match="the names of the tasks of wordy take"):
        package(str(file))
