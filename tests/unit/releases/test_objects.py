"""The ConfigMaps and the Release that a packed program becomes."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest

from fairlead.api.release import MAX_PACKAGE_BYTES, Release, ReleaseTask
from fairlead.errors import InvalidRequestError
from fairlead.releases import Packed, dev_name, manifests
from fairlead.releases.objects import archive_key


def packed(data: bytes = b"zip", program: str = "flow") -> Packed:
    tasks = [ReleaseTask(identifier="Root", version="v0.0", entry_point="flow:Root")]
    return Packed(program, data, sha256(data).hexdigest(), tasks, ("flow.py",), frozenset())


def test_a_small_program_is_held_in_one_config_map() -> None:
    program = packed()
    (part,), release = manifests(program, "flow-1", "team", description="first", source="flow.py")
    name = part["metadata"]["name"]
    assert name == f"flow-1-{program.sha256[:12]}-0"
    assert part["metadata"]["labels"] == {"fairlead.dev/release": "flow-1"}
    assert part["immutable"] is True
    assert part["binaryData"] == {"part": base64.b64encode(b"zip").decode()}
    assert release["metadata"] == {"name": "flow-1", "namespace": "team"}
    assert release["spec"]["package"] == {"configMaps": [name], "sha256": program.sha256, "size": 3}
    assert (release["spec"]["description"], release["spec"]["source"]) == ("first", "flow.py")
    assert Release.model_validate(release).spec.tasks == program.tasks


@pytest.mark.parametrize("size", [512 * 1024, 512 * 1024 + 1, MAX_PACKAGE_BYTES])
def test_the_parts_of_a_large_one_give_the_whole(size: int, tmp_path: Path) -> None:
    program = packed(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    maps, release = manifests(program, "flow", "team")
    assert [one["metadata"]["name"] for one in maps] == release["spec"]["package"]["configMaps"]
    assert all(len(json.dumps(one)) < 2**20 for one in maps)
    parts = [base64.b64decode(one["binaryData"]["part"]) for one in maps]
    assert b"".join(parts) == program.zip_bytes
    assert len(parts) == -(-size // (512 * 1024))


def test_what_no_config_maps_can_hold_lies_in_the_object_store() -> None:
    program = packed(b"x" * (MAX_PACKAGE_BYTES + 1))
    maps, release = manifests(program, "flow", "team")
    assert maps == []
    key = archive_key("team", program.sha256)
    assert key == f"releases/team/{program.sha256}.zip"
    expected = {"key": key, "sha256": program.sha256, "size": program.size}
    assert release["spec"]["archive"] == expected
    assert "package" not in release["spec"]


@pytest.mark.parametrize(
    ("program", "start"),
    [
        ("flow", "dev-flow-"),
        ("My_Flow.2", "dev-my-flow-2-"),
        ("größe", "dev-gr-e-"),
        ("数", "dev-program-"),
    ],
)
def test_a_development_release_is_named_by_its_program_and_its_code(
    program: str, start: str
) -> None:
    given = packed(program=program)
    assert dev_name(given) == start + given.sha256[:16]


def test_the_longest_names_still_fit() -> None:
    given = packed(program="x" * 100)
    name = dev_name(given)
    assert len(name) == 63
    (part,), _ = manifests(given, name, "team")
    assert len(part["metadata"]["name"]) <= 63


@pytest.mark.parametrize("name", ["", "Flow", "-flow", "flow_1", "x" * 64, "flow."])
def test_names_that_no_release_can_have_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be the name of a Release"):
        manifests(packed(), name, "team")
