"""The reference page names what there is."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from cointeract_model.inputs import Conditions, NoisyLatents
from cointeract_model.switches import Switches, paper, release
from cointeract_model.transformer import Prediction

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "model.md").read_text()
TABLE = {line.split("|")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}


def test_the_table_of_switches_has_every_switch_once() -> None:
    named = [name for key in TABLE for name in Switches.model_fields if f"`{name}`" in key]
    assert sorted(named) == sorted(Switches.model_fields)


@pytest.mark.parametrize("name", [name for name in Switches.model_fields if isinstance(getattr(paper(), name), str)])
def test_the_table_gives_the_values_of_both_presets(name: str) -> None:
    (row,) = (line for key, line in TABLE.items() if f"`{name}`" in key)
    _, _, of_paper, of_release, _ = row.split("|")
    assert f"`{getattr(paper(), name)}`" in of_paper
    assert f"`{getattr(release(), name)}`" in of_release


def test_the_table_of_shapes_has_every_input_and_output() -> None:
    for record in (Conditions, NoisyLatents, Prediction):
        for field in fields(record):
            assert f".{field.name}`" in PAGE, field.name
