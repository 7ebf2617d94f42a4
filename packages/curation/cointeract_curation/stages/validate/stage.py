"""The stage `validate`: a score for each axis on which a triplet can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.validate.config import ValidateConfig

if TYPE_CHECKING:
    from cointeract_curation.triplet.axes import TripletJudge


class ValidateStage(Stage[ValidateConfig]):
    """Reads the clip and both references; writes `validation.json`. It measures; the policy decides."""

    name: ClassVar[str] = "validate"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "quality", "people", "body", "object", "references")
    outputs: ClassVar[tuple[str, ...]] = ("validation.json",)

    def __init__(self, config: ValidateConfig) -> None:
        super().__init__(config)
        self._judge: TripletJudge | None = None

    def revision(self) -> str:
        """Versions of the libraries whose numbers the result depends on."""
        return distribution_version("mediapipe", "opencv-contrib-python", "numpy", "scipy")

    def setup(self) -> None:
        """Load the judge."""
        import cv2

        from cointeract_curation.triplet.judge import MeasuredJudge

        # A worker has one core; more threads would only take it from other workers.
        cv2.setNumThreads(1)
        self._judge = MeasuredJudge()

    def run(self, workspace: Workspace) -> Scores:
        """Judge the triplet on every axis.

        Returns:
            each axis by name, from 0 to 1 or None where the judge abstains, and ``overall``, the worst of them.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: the video has no frames, the artifacts of other stages don't fit it, or a reference is no picture.
        """
        from cointeract_curation.stages.references.record import REFERENCES_FILE, ReferencesRecord
        from cointeract_curation.stages.validate.record import VALIDATION_FILE, validation_record
        from cointeract_curation.triplet.axes import Axis, Triplet
        from cointeract_curation.triplet.clip import load_clip
        from cointeract_curation.triplet.pictures import PERSON_FILE, PRODUCT_FILE, read_picture

        if self._judge is None:
            raise RuntimeError("the stage validate was run before setup(): call setup() once in this process first")
        clip = load_clip(workspace)
        path = workspace.input("references", REFERENCES_FILE)
        made = ReferencesRecord.from_bytes(path.read_bytes(), where=path.name)
        triplet = Triplet(
            clip,
            read_picture(workspace.input("references", PERSON_FILE)),
            read_picture(workspace.input("references", PRODUCT_FILE)),
            made.person.frame if made.aligned else None,
        )
        record = validation_record(self._judge.name, self._judge.judge(triplet, tuple(Axis)))
        workspace.output(VALIDATION_FILE).write_bytes(record.to_bytes())
        return {name: axis.value for name, axis in record.axes.items()} | {"overall": record.overall}

    def close(self) -> None:
        """Close the judge's detectors."""
        if self._judge is not None:
            self._judge.close()
        self._judge = None
