"""The pages tell the truth: their examples run, their links lead somewhere.

How a page marks its blocks is described in ``docs/development.md``, under *Tests*.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

LANGUAGES = frozenset({"", "python", "console", "text", "sh", "mermaid", "toml", "yaml", "json"})
"""What a fence may name.  Python and console blocks are run."""

FENCE = re.compile(r"^```(?P<language>\w*)\s*$")
MARK = re.compile(r"^<!-- (?P<kind>file|no-run): (?P<value>.+?) -->$")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, text and place, its mark, and what stood before it."""

    language: str
    text: str
    line: int
    file: str | None = None
    no_run: str | None = None
    follows_directly: bool = False


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the page's fenced blocks in order."""
    lines = iter(enumerate(markdown.splitlines(), start=1))
    before: list[str] = []
    first = True
    for number, line in lines:
        fence = FENCE.match(line)
        if not fence:
            before += [line] if line.strip() else []
            continue
        body = []
        for _, inner in lines:
            if inner.rstrip() == "```":
                break
            body.append(inner)
        mark = MARK.match(before[-1]) if before else None
        marks = {mark["kind"].replace("-", "_"): mark["value"]} if mark else {}
        directly = not first and not before[: -1 if mark else None]
        yield Block(fence["language"], "\n".join(body), number, **marks, follows_directly=directly)
        before, first = [], False


def matches(expected: str, printed: str) -> bool:
    """Return whether the text was printed; ``…`` stands for anything, alone for many lines."""
    patterns = [
        "(?s:.*)" if line.strip() == "…" else re.escape(line.rstrip()).replace("…", ".*")
        for line in expected.strip().splitlines()
    ]
    shown = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return re.fullmatch("\n".join(patterns), shown) is not None


class Reader:
    """Somebody who types in what a page says, in a folder and store of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        scripts = str(Path(sys.executable).parent)
        self.environment = os.environ | {
            "FAIRLEAD_HOME": str(folder / ".store"),
            "PATH": scripts + os.pathsep + os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
        }

    def run(self, block: Block, expected: str | None) -> None:
        """Do what one block says and check what it shows."""
        if block.language == "python":
            self._run_program(block, expected)
        elif block.language == "console":
            for command, shown in commands(block.text):
                self._run_command(command, shown)

    def _run_program(self, block: Block, expected: str | None) -> None:
        name = block.file or f"line{block.line}.py"
        (self.folder / name).write_text(block.text + "\n")
        ran = self._start([sys.executable, name], subprocess.PIPE)
        assert ran.returncode == 0, ran.stderr
        if expected is not None:
            assert matches(expected, ran.stdout), f"printed:\n{ran.stdout}"

    def _run_command(self, command: str, shown: str) -> None:
        ran = self._start(["bash", "-c", command], subprocess.STDOUT)
        assert matches(shown, ran.stdout), f"$ {command}\n{ran.stdout}"

    def _start(self, command: list[str], stderr: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )


def commands(console: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with what the block says it shows."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def with_output(page: list[Block]) -> Iterator[tuple[Block, str | None]]:
    """Yield the blocks that are to be run, each with the text block right after it."""
    for block, after in zip_longest(page, page[1:]):
        if block.language in ("python", "console") and not block.no_run:
            shown = after is not None and after.language == "text" and after.follows_directly
            yield block, after.text if after is not None and shown else None


def pages_with_examples() -> list[Path]:
    return [path for path in PAGES if any(with_output(list(blocks(path.read_text()))))]


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", pages_with_examples(), ids=names(pages_with_examples()))
def test_what_a_page_shows_is_what_happens(path: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block, expected in with_output(list(blocks(path.read_text()))):
        try:
            reader.run(block, expected)
        except AssertionError as error:
            raise AssertionError(f"{path.name}, line {block.line}: {error}") from error


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_every_fence_is_of_a_known_kind(path: Path) -> None:
    """A fence spelled otherwise would not be seen, and its example never run."""
    fences = [line for line in path.read_text().splitlines() if line.lstrip().startswith("```")]
    assert [fence for fence in fences if fence.removeprefix("```") not in LANGUAGES] == []
    assert len(fences) % 2 == 0


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    outside_code = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)#]+)", outside_code) if ":" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_map_names_every_page() -> None:
    docs = ROOT / "docs"
    mapped = (docs / "README.md").read_text()
    # The indexes of these folders are generated, and name each.
    listed_elsewhere = {docs / "README.md", *(docs / "adr").glob("[0-9]*.md")}
    listed_elsewhere |= set((docs / "runbooks").glob("[A-Z]*[a-z].md"))
    pages = set(docs.rglob("*.md")) - listed_elsewhere - {docs / "adr" / "template.md"}
    assert [page for page in pages if f"]({page.relative_to(docs).as_posix()})" not in mapped] == []


def test_commands_of_make_that_pages_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    included = "".join(p.read_text() for p in (ROOT / "tests").glob("*/*.mk"))
    targets = set(re.findall(r"^([a-z-]+):", makefile + included, flags=re.MULTILINE))
    named = {
        target
        for path in PAGES
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(), flags=re.MULTILINE)
    }
    assert "test" in named
    assert named <= targets


PAGE = """
<!-- file: a.py -->
```python
print(1)
```

```text
1
```

Words.

```text
no output
```
<!-- no-run: it needs a cluster -->
```python
boom()
```
"""


def test_blocks_are_read_with_their_marks_and_output() -> None:
    program, output, text, unrun = blocks(PAGE)
    assert (program.language, program.text, program.file) == ("python", "print(1)", "a.py")
    assert (output.text, output.follows_directly, text.follows_directly) == ("1", True, False)
    assert unrun.no_run == "it needs a cluster"
    assert list(with_output([program, output, text, unrun])) == [(program, "1")]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nc", False),
        ("took … ms", "took 41 ms", True),
        ("took … ms", "took 41\nms", False),
        ("a\n…\nz", "a\nb\nc\nz", True),
        ("a+", "aa", False),
        ("", "something", False),
    ],
)
def test_output_is_compared_with_room_for_what_varies(
    expected: str, printed: str, same: bool
) -> None:
    assert matches(expected, printed) is same


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("```python\nprint(1)\n```\n```text\n2\n```", "printed"),
        ("```python\nraise SystemExit('no')\n```", "no"),
        ("```console\n$ echo hi\nho\n```", "echo hi"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(page: str, complaint: str, tmp_path: Path) -> None:
    [(block, expected)] = with_output(list(blocks(page)))
    with pytest.raises(AssertionError, match=complaint):
        Reader(tmp_path).run(block, expected)
