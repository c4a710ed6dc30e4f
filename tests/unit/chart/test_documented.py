"""What guides, runbooks and messages say of values: they are there, and helm takes them."""

import re
import textwrap
from collections.abc import Iterator

import pytest
import yaml
from tests.cluster.paths import PROJECT
from tests.unit.chart.rendering import text

from chart.options import options
from chart.values import defaults

TOLD = sorted([*PROJECT.glob("docs/guide/*.md"), *PROJECT.glob("docs/runbooks/*.md")])
SAYING = [*TOLD, *PROJECT.glob("operator/fairlead_operator/**/*.py")]
FENCE = re.compile(r"^( *)```yaml\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
PATH = re.compile(rf"(?<![\w./$*-])(?:{'|'.join(defaults())})(?:\.[A-Za-z]+)+(?=[`=])")
KINDS = ("fairlead.dev",)
"""What begins like a value and is the name of a definition."""


def examples() -> Iterator[tuple[str, str]]:
    """Yield the examples of values, and where they stand."""
    for path in TOLD:
        for number, (_, fenced) in enumerate(FENCE.findall(path.read_text())):
            example = textwrap.dedent(fenced)
            # Other examples are objects, often several.
            [found, *others] = yaml.safe_load_all(example)
            if not others and isinstance(found, dict) and found.keys() <= defaults().keys():
                yield f"{path.name}-{number}", example


EXAMPLES = dict(examples())


def test_there_are_examples() -> None:
    assert any(name.startswith("installing") for name in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_helm_takes_the_examples(example: str) -> None:
    assert "kind: Deployment" in text(yaml.safe_load(example))


def test_values_that_are_named_exist() -> None:
    known = {option.name: option for option in options()}
    named = {
        (path.name, name)
        for path in SAYING
        for name in PATH.findall(path.read_text())
        if not name.endswith(KINDS)
    }
    assert {name for _, name in named} >= {"crds.upgrade", "jobs.namespaces"}
    assert [
        (where, name)
        for where, name in sorted(named)
        if name not in known
        and not any(_is_entry(name, above, known[above].default) for above in known)
    ] == []


def _is_entry(name: str, above: str, default: object) -> bool:
    """Whether a name is that of an entry of a map, which anybody may choose."""
    return isinstance(default, dict) and name.startswith(f"{above}.")
