"""`split` as a stage: what enters its fingerprint, and how its result is written."""

from __future__ import annotations

from typing import ClassVar

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.media.timeline import load_timeline
from cointeract_curation.stages.shots.signal import load_signal
from cointeract_curation.stages.split.config import SplitConfig
from cointeract_curation.stages.split.windows import split_windows


class SplitStage(Stage[SplitConfig]):
    """Decides shots and windows of a source, from the signals of all its spans.

    Writes ``split.json`` (`SplitResult`). Scores: those of `split_windows`.
    """

    name: ClassVar[str] = "split"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.SOURCE
    requires: ClassVar[tuple[str, ...]] = ("probe", "shots")
    outputs: ClassVar[tuple[str, ...]] = ("split.json",)

    def run(self, workspace: Workspace) -> Scores:
        """Decide from the source's timeline and the signals of all its spans.

        Raises:
            ValueError: the spans don't cover the source exactly once.
        """
        signals = [load_signal(path) for path in workspace.span_inputs("shots", "signal.npz")]
        result = split_windows(self.config, load_timeline(workspace.input("probe", "timeline.npz")), signals)
        workspace.output("split.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return result.scores
