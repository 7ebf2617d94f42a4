"""Small real stages that count, fail, crash or hang on purpose, for tests of the worker and the engines."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.fingerprint import AnyStage
from cointeract_curation.core.open_store import open_store
from cointeract_curation.core.outcome import AttemptLimits
from cointeract_curation.core.policy import Policy, Rule
from cointeract_curation.core.stage import Scores, Stage, StageConfig, Workspace
from cointeract_curation.core.units import ClipUnit, SourceUnit, UnitKind
from cointeract_curation.engine.guard import Guard
from cointeract_curation.engine.worker import ChainWorker

SOURCE = SourceUnit(sha256="0" * 64, path="/nowhere.mp4")
LIMIT_S = 2.0


class ToyConfig(StageConfig):
    scale: int = 1


class Measure(Stage[ToyConfig]):
    """Writes the clip's first frame, scaled, and scores it."""

    name = "measure"
    version = 1
    unit = UnitKind.CLIP
    outputs = ("value.txt",)

    def run(self, workspace: Workspace) -> Scores:
        assert isinstance(workspace.unit, ClipUnit)
        value = workspace.unit.first * self.config.scale
        workspace.output("value.txt").write_text(str(value))
        return {"value": value}


class Double(Stage[ToyConfig]):
    """Reads what `Measure` wrote. Misbehaves on the clips that a test names."""

    name = "double"
    version = 1
    unit = UnitKind.CLIP
    requires = ("measure",)
    outputs = ("double.txt",)
    time_limit_s = LIMIT_S
    faults: ClassVar[dict[int, str]] = {}

    def __init__(self, config: ToyConfig, faults: dict[int, str], folder: str) -> None:
        super().__init__(config)
        self.wanted = faults
        self.folder = Path(folder)

    def run(self, workspace: Workspace) -> Scores:
        assert isinstance(workspace.unit, ClipUnit)
        first = workspace.unit.first
        with (self.folder / f"runs-{first}").open("a") as log:
            log.write("x")
        fault = self.wanted.get(first)
        if fault == "raise":
            raise ArithmeticError("this clip always fails")
        if fault == "raise once" and (self.folder / f"runs-{first}").stat().st_size == 1:
            raise ArithmeticError("this clip fails once")
        if fault == "unusable":
            raise UnusableInputError("nothing to be done with it")
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "hang":
            time.sleep(3600)
        if fault == "silent":
            return {}
        value = int(workspace.input("measure", "value.txt").read_text()) * 2
        workspace.output("double.txt").write_text(str(value))
        return {"value": value}


def clip(first: int) -> ClipUnit:
    return ClipUnit(source=SOURCE, first=first, frames=81, motion_frames=0, shot=0, shot_first=0, shot_end=10_000)


def toy_stages(folder: Path, faults: dict[int, str] | None = None, scale: int = 1) -> dict[str, AnyStage]:
    stages: dict[str, AnyStage] = {
        "measure": Measure(ToyConfig(scale=scale)),
        "double": Double(ToyConfig(), faults or {}, str(folder)),
    }
    return stages


@dataclass(frozen=True)
class ToyJob:
    """Like `Job`, with the stages above."""

    root: str
    folder: str
    faults: dict[int, str]
    run: str = "run-1"
    maximum: float | None = None

    def worker(self, chain: tuple[str, ...], guard: Guard) -> ChainWorker:
        rules = (
            {}
            if self.maximum is None
            else {"large": Rule(score="measure.value", max=self.maximum, message="too large")}
        )
        stages = toy_stages(Path(self.folder), self.faults)
        return ChainWorker(stages, chain, open_store(self.root), Policy(rules), AttemptLimits(), self.run, guard, {})
