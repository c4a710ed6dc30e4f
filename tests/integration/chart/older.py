"""An earlier version of the chart and of its operator: they know one field fewer.

None was ever published, so it is made of today's: the number is another, the definition of
Tasks has no ``usage``, and neither does the list of fields that the operator asks for.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from tests.cluster import images
from tests.cluster.images import Image, Recipe
from tests.site.helm import CHART

from fairlead_operator.checks import FIELDS

VERSION = "0.0.9"
ABSENT = "usage"


def chart(folder: Path) -> Path:
    """Write the chart into a folder; its path."""
    made = folder / "fairlead"
    shutil.copytree(CHART, made)
    about = yaml.safe_load((made / "Chart.yaml").read_text())
    about |= {"version": VERSION, "appVersion": VERSION}
    (made / "Chart.yaml").write_text(yaml.safe_dump(about))
    tasks = made / "crds" / "tasks.yaml"
    tasks.write_text(yaml.safe_dump(_without(yaml.safe_load(tasks.read_text()))))
    return made


def knows(found: Any) -> bool:
    """Whether a definition has the field that the earlier version lacks."""
    if isinstance(found, dict):
        return ABSENT in found.get("properties", ()) or any(map(knows, found.values()))
    return isinstance(found, list) and any(map(knows, found))


def _without(found: Any) -> Any:
    if isinstance(found, dict):
        kept = {key: _without(value) for key, value in found.items()}
        if isinstance(kept.get("properties"), dict):
            kept["properties"].pop(ABSENT, None)
        return kept
    return [_without(one) for one in found] if isinstance(found, list) else found


@contextmanager
def operator(today: Image, folder: Path) -> Iterator[Image]:
    """The image of the earlier operator, for as long as a block."""
    fields = folder / "definition_fields.txt"
    known = [path for path in FIELDS.read_text().split() if ABSENT not in path.split(".")]
    fields.write_text("\n".join(known) + "\n")
    recipe = Recipe(
        "operator-older",
        Path(__file__).with_name("older.Containerfile"),
        {fields.name: fields},
        today,
    )
    made = images.build(recipe)
    try:
        yield made
    finally:
        images.forget(made)
        made.archive.unlink()
