"""Workflows: what runs when, what is printed, what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead import Client
from fairlead.workflow import chain, parallel, workflow

from .programs.styles import OwnError, append, break_down, fetch, join


def test_a_chain_prints_each_result_in_order_and_returns_the_last(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    with workflow("weather") as wf:
        tokyo, paris, london = (
            fetch(task_id=f"fetch_{city.lower()}", city=city)
            for city in ("Tokyo", "Paris", "London")
        )
        tokyo >> paris >> london
        assert wf.execute(echo=True) == "Weather for London"

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Weather for Tokyo", "Weather for Paris", "Weather for London"]
    assert wf.results["fetch_paris"] == "Weather for Paris"
    assert set(wf.results) == {"fetch_tokyo", "fetch_paris", "fetch_london"}


def test_without_echo_nothing_is_printed(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    with workflow("quiet") as wf:
        fetch(city="Tokyo")
        wf.execute(echo=False)
    assert capsys.readouterr().out == ""


def test_instances_as_arguments_are_replaced_by_their_results(client: Client) -> None:
    with workflow("joined") as wf:
        parts = [fetch(city="A"), "text", fetch(city="B")]
        join(task_id="all", parts=parts, mark=fetch(city="|"))  # type: ignore[arg-type]
        result = wf.execute(echo=False)
    assert result == "Weather for AWeather for |textWeather for |Weather for B"


def test_groups_and_chains_run_in_order_and_a_fan_in_once(client: Client, tmp_path: Path) -> None:
    path = str(tmp_path / "order")

    def step(text: str) -> Any:
        return append(path=path, text=text)

    with workflow("order") as wf:
        last = step("last")
        parallel(step("p"), step("p")) >> chain(step("c1"), step("c2")) >> last
        step("x") >> last
        wf.execute()

    lines = Path(path).read_text().split()
    assert sorted(lines) == ["c1", "c2", "last", "p", "p", "x"]
    assert [line for line in lines if line != "x"] == ["p", "p", "c1", "c2", "last"]
    assert lines[-1] == "last"


def test_a_failure_is_raised_and_what_completed_can_be_read(client: Client) -> None:
    with workflow("broken") as wf:
        fetch(task_id="good", city="A") >> break_down(message="no") >> fetch(task_id="x", city="B")
        with pytest.raises(OwnError, match="no"):
            wf.execute(echo=False)
    assert dict(wf.results) == {"good": "Weather for A"}


def test_a_workflow_can_run_again(client: Client) -> None:
    with workflow("again") as wf:
        fetch(task_id="one", city="A")
    assert [wf.execute(echo=False), wf.execute(echo=False)] == ["Weather for A"] * 2
    assert len(client.jobs().query(name="again")) == 2


def test_a_task_of_the_other_style_is_bound_by_name(client: Client) -> None:
    from .programs.styles import double

    with workflow("mixed") as wf:
        double.bind(double.bind(5, task_id="ten"), task_id="twenty")
        assert wf.execute(echo=False) == 20
    assert wf.results["ten"] == 10
