"""A Release whose code is in an image: nothing is mounted, the image's own module runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cluster import images as builder
from tests.cluster.images import Recipe
from tests.integration.machines.conftest import API, Machines
from tests.site import images

FOLDER = Path(__file__).parent / "programs"

pytestmark = pytest.mark.timeout(900, func_only=True)


@pytest.fixture
def image(machines: Machines) -> str:
    """An image with a program in it, which nodes have; its name."""
    recipe = Recipe(
        "test-acme",
        FOLDER / "Containerfile",
        {"acme_flows.py": FOLDER / "acme_flows.py"},
        images.runner(),
    )
    built = builder.build(recipe)
    machines.site.cluster.load(built)
    return built.name


def test_the_code_of_an_image_runs(machines: Machines, image: str) -> None:
    site = machines.site
    where = {
        "identifier": "acme.example/Where",
        "version": "v1.0",
        "entryPoint": "acme_flows:Where",
    }
    head = {"apiVersion": API, "kind": "Release", "metadata": {"name": "acme"}}
    site.apply({**head, "spec": {"image": image, "tasks": [where]}})
    task = {
        "name": "one",
        "identifier": "acme.example/Where",
        "version": "v1.0",
        "input": {"children": 2},
    }

    job = {"apiVersion": API, "kind": "Job", "metadata": {"name": "of-an-image"}}
    site.apply({**job, "spec": {"tasks": [task]}})
    machines.completed("of-an-image")

    found = site.tasks("of-an-image")
    assert len(found) == 3
    assert {one["status"]["release"] for one in found} == {"acme"}
    results = [json.loads(one["status"].get("result", "null")) for one in found]
    assert results.count("/opt/acme/acme_flows.py") == 2
    [runner] = {
        container["image"]
        for pod in site.pods("of-an-image")
        for container in pod["spec"]["containers"]
    }
    assert runner == image
    machines.wait_reason("releases", "acme", "Ready", "Ready")
