"""The stage `references`: the person without the product, and the product alone on white."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.references.config import ReferencesConfig

if TYPE_CHECKING:
    from cointeract_curation.stages.references.protocol import ReferenceMaker
    from cointeract_curation.triplet.axes import TripletJudge


class ReferencesStage(Stage[ReferencesConfig]):
    """Reads frames, landmarks, the fitted body and the object's masks; writes both references and `references.json`.

    A clip without an object has its best frame for `person.png` and a white `product.png`.
    """

    name: ClassVar[str] = "references"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "quality", "people", "body", "object")
    outputs: ClassVar[tuple[str, ...]] = ("person.png", "product.png", "references.json")

    def __init__(self, config: ReferencesConfig) -> None:
        super().__init__(config)
        self._maker: ReferenceMaker | None = None
        self._judge: TripletJudge | None = None

    def revision(self) -> str:
        """Versions of the libraries whose numbers the result depends on."""
        return distribution_version("mediapipe", "opencv-contrib-python", "numpy", "scipy")

    def setup(self) -> None:
        """Load the maker and the checks' detectors."""
        import cv2

        from cointeract_curation.stages.references.inpaint import InpaintMaker
        from cointeract_curation.triplet.judge import MeasuredJudge

        # A worker has one core; more threads would only take it from other workers.
        cv2.setNumThreads(1)
        self._maker = InpaintMaker(self.config.donors)
        self._judge = MeasuredJudge()

    def run(self, workspace: Workspace) -> Scores:
        """Make both references and write what was tried.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: the video has no frames, or the artifacts of other stages don't fit it.
        """
        from cointeract_curation.stages.references.make import blank_product, make_person, make_product
        from cointeract_curation.stages.references.record import REFERENCES_FILE, ReferencesRecord, reference_record
        from cointeract_curation.stages.references.scores import references_scores
        from cointeract_curation.triplet.clip import load_clip
        from cointeract_curation.triplet.pictures import PERSON_FILE, PRODUCT_FILE, write_picture

        if self._maker is None or self._judge is None:
            raise RuntimeError("the stage references was run before setup(): call setup() once in this process first")
        clip = load_clip(workspace)
        person = make_person(clip, self._maker, self._judge, self.config)
        product = make_product(clip, self._maker, self._judge, self.config)
        write_picture(workspace.output(PERSON_FILE), person.kept.made.image)
        picture = blank_product(clip) if product is None else product.kept.made.image
        write_picture(workspace.output(PRODUCT_FILE), picture)
        record = ReferencesRecord(
            frames=clip.count,
            maker=self._maker.name,
            aligned=self._maker.aligned,
            person=reference_record(person),
            product=reference_record(product),
        )
        workspace.output(REFERENCES_FILE).write_bytes(record.to_bytes())
        return references_scores(record)

    def close(self) -> None:
        """Close the checks' detectors."""
        if self._judge is not None:
            self._judge.close()
        self._maker = self._judge = None
