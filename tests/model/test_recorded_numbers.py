"""What the model gave when it was held against the released numbers, it still gives."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from cointeract_model.switches import Stage
from tests.model.recorded import CASES, FILE, PRESETS, outputs

RECORDED = json.loads(FILE.read_text())


def test_the_recording_is_of_these_cases() -> None:
    assert RECORDED["cases"] == {name: asdict(case) for name, case in CASES.items()}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stage", Stage)
def test_outputs_are_those_that_were_recorded(preset: str, case: str, stage: Stage) -> None:
    recorded = RECORDED["outputs"][preset][case][str(stage)]
    given = outputs(preset, case, stage)
    assert given.keys() == recorded.keys()
    for name, values in recorded.items():
        assert given[name] == pytest.approx(values, rel=1e-4, abs=1e-4), name
