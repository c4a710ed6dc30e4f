"""The definitions hold to what Kubernetes and our own rules ask of every schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import Field

import crd_files
from fairlead.api.crds import KINDS, Kind, all_crds, crd
from fairlead.api.model import Model, defaulted, rule, rules
from fairlead.api.schema import structural

Schema = dict[str, Any]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


def schema(kind: Kind) -> Schema:
    made = crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert isinstance(made, dict)
    return made


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema inside a schema, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    for word in ("items", "additionalProperties"):
        if word in schema:
            yield from nodes(schema[word], f"{path}[]")


def test_there_are_five_kinds() -> None:
    named = {made["spec"]["names"]["kind"]: made["metadata"]["name"] for made in all_crds()}
    assert named == {
        "Job": "jobs.fairlead.dev",
        "Task": "tasks.fairlead.dev",
        "Release": "releases.fairlead.dev",
        "MachineSize": "machinesizes.fairlead.dev",
        "MachineGroup": "machinegroups.fairlead.dev",
    }


@every_kind
def test_a_definition_stays_small(kind: Kind) -> None:
    assert len(crd_files.text(kind)) < 100_000


@every_kind
def test_the_file_is_what_the_model_says(kind: Kind) -> None:
    assert yaml.safe_load(crd_files.text(kind)) == crd(kind)


@every_kind
def test_every_field_has_a_description(kind: Kind) -> None:
    for path, node in nodes(schema(kind)):
        last = path.rpartition(".")[2]
        if not path.endswith("[]") and last not in ("apiVersion", "kind", "metadata"):
            assert node.get("description"), path


@every_kind
def test_everything_has_a_type_and_a_bound(kind: Kind) -> None:
    """Without bounds the server cannot estimate what a rule costs."""
    for path, node in nodes(schema(kind)):
        if path in (".apiVersion", ".kind") or node.get("x-kubernetes-int-or-string"):
            continue
        assert "type" in node, path
        if node["type"] == "string":
            assert node.keys() & {"enum", "maxLength", "format"}, path
        if node["type"] == "array":
            assert "maxItems" in node, path
            assert "x-kubernetes-list-type" in node, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


@every_kind
def test_a_spec_has_no_floats_and_no_booleans(kind: Kind) -> None:
    for path, node in nodes(schema(kind)["properties"]["spec"]):
        assert node.get("type") not in ("number", "boolean"), path


@every_kind
def test_only_keywords_of_structural_schemas_are_used(kind: Kind) -> None:
    for path, node in nodes(schema(kind)):
        assert not node.keys() & {"$ref", "title", "const", "oneOf", "allOf", "$defs"}, path
        assert not (node.keys() & {"properties"} and node.keys() & {"additionalProperties"}), path


@every_kind
def test_seconds_are_integers(kind: Kind) -> None:
    for path, node in nodes(schema(kind)):
        if path.endswith("Seconds"):
            assert node["type"] == "integer", path


def test_defaults_are_filled_in_where_people_write() -> None:
    defaults = {
        f"{kind.name}{path}": node["default"]
        for kind in KINDS
        for path, node in nodes(schema(kind))
        if "default" in node
    }
    assert defaults == {
        "Job.spec.tasks[].version": "v0.0",
        "Job.spec.tasks[].failurePolicy": "Fail",
        "Job.spec.tasks[].retry.limit": 0,
        "Job.spec.desired": "Running",
        "Job.spec.run": 1,
        "Job.spec.priority": 0,
        "Job.spec.reuse": "WithinJob",
        "Job.spec.isolation": "Shared",
        "Job.status": {"state": "Queued"},
        "Task.spec.retry.limit": 0,
        "Task.status": {"state": "Queued"},
        "Release.spec.tasks[].scope": "Global",
        "Release.spec.tasks[].retry.limit": 0,
        "Release.spec.stage": "Published",
        "MachineSize.spec.provisioning": "Standard",
        "MachineGroup.spec.maxMachines": 1,
        "MachineGroup.spec.desired": "Running",
        "MachineGroup.status": {"state": "Starting"},
    }


# --- the generator itself ------------------------------------------------------------


class Inner(Model):
    """What is inside."""

    model_config = rules(rule("self.size > 1", "too small"))

    size: int
    """How large it is."""


class Outer(Model):
    """A model to try.

    This paragraph is for those who read the source.
    """

    first: Inner
    """The first
    of two."""
    second: Inner | None = None
    """The second."""
    words: Annotated[list[str], Field(max_length=3)] = Field(default_factory=list)
    """Some words."""
    choice: Literal["A"] = "A"
    """The only choice."""
    filled: int = defaulted(7)
    """Filled in by the server."""
    unfilled: int = 8
    """Not filled in."""


def test_a_model_becomes_a_structural_schema() -> None:
    size = {"description": "How large it is.", "type": "integer"}
    inner = {
        "type": "object",
        "required": ["size"],
        "properties": {"size": size},
        "x-kubernetes-validations": [{"rule": "self.size > 1", "message": "too small"}],
    }
    words = {"type": "array", "maxItems": 3, "items": {"type": "string"}}
    assert structural(Outer) == {
        "description": "A model to try.",
        "type": "object",
        "required": ["first"],
        "properties": {
            "first": {"description": "The first of two.", **inner},
            "second": {"description": "The second.", **inner},
            "words": {"description": "Some words.", **words},
            "choice": {"description": "The only choice.", "type": "string", "enum": ["A"]},
            "filled": {"description": "Filled in by the server.", "type": "integer", "default": 7},
            "unfilled": {"description": "Not filled in.", "type": "integer"},
        },
    }
