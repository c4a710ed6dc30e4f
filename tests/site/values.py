"""Values of the chart that fit a test cluster: images that were loaded, little machines."""

from pathlib import Path
from typing import Any

from tests.cluster.images import Image
from tests.cluster.provider import Cluster
from tests.site import images
from tests.site.objects import CLAIM
from tests.site.sizes import tiny_sizes

LITTLE = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}


def loaded(cluster: Cluster) -> dict[str, Any]:
    """Build the images of this checkout, load them, and return the values that name them."""
    operator, runner, store = images.operator(), images.runner(), images.store()
    for image in (operator, runner, store):
        cluster.load(image)
    return {
        "operator": {"image": named(operator), "resources": LITTLE},
        "runners": {"image": named(runner)},
        "store": {"embedded": {"image": named(store), "resources": LITTLE}},
        "machineSizes": {
            "sizes": {size["metadata"]["name"]: size["spec"] for size in tiny_sizes()}
        },
    }


def on_folder(values: dict[str, Any], store: Path | None) -> dict[str, Any]:
    """Values whose store is a folder of this machine, by a claim that is there; or none."""
    claimed = {"claim": CLAIM, "mount": str(store)} if store else {}
    return {**values, "store": {**claimed, "embedded": {"enabled": False}}}


def named(image: Image) -> dict[str, str]:
    """What the values say of an image that was loaded onto the nodes."""
    repository, _, tag = image.name.rpartition(":")
    # Nobody but these nodes has it.
    return {"repository": repository, "tag": tag, "pullPolicy": "Never"}
