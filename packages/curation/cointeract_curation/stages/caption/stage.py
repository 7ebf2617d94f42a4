"""The stage `caption`: the prompts of a clip, from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.caption.config import CaptionConfig

if TYPE_CHECKING:
    from cointeract_curation.stages.caption.protocol import Captioner


class CaptionStage(Stage[CaptionConfig]):
    """Reads frames, landmarks, body, masks, contact and how much of the sound is speech; writes `caption.json`."""

    name: ClassVar[str] = "caption"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "quality", "people", "body", "object")
    outputs: ClassVar[tuple[str, ...]] = ("caption.json",)

    def __init__(self, config: CaptionConfig) -> None:
        super().__init__(config)
        self._captioner: Captioner | None = None

    def revision(self) -> str:
        """Versions of the libraries whose numbers the facts depend on."""
        return distribution_version("numpy", "opencv-contrib-python")

    def setup(self) -> None:
        """Make the captioner."""
        import cv2

        from cointeract_curation.stages.caption.template import TemplateCaptioner

        cv2.setNumThreads(1)  # a worker has one core
        self._captioner = TemplateCaptioner()

    def run(self, workspace: Workspace) -> Scores:
        """Measure, describe, write.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: an artifact is about another number of frames than the video has.
        """
        from cointeract_curation.human.fit import BodyFit
        from cointeract_curation.human.landmarks import Landmarks
        from cointeract_curation.media.masks import read_masks
        from cointeract_curation.stages.caption.facts import CaptionRecord
        from cointeract_curation.stages.caption.measure import measure_facts
        from cointeract_curation.stages.caption.template import hoi_prompt
        from cointeract_shards.records import Tracks

        if self._captioner is None:
            raise RuntimeError("the stage caption was run before setup(): call setup() once in this process first")
        frames = workspace.frames("cut", "rgb.mp4")
        landmarks = Landmarks.load(workspace.input("people", "landmarks.npz"))
        fit = BodyFit.load(workspace.input("body", "body.npz"))
        masks = read_masks(workspace.input("object", "object_masks.json"))
        tracks = Tracks.from_bytes(workspace.input("object", "tracks.json").read_bytes(), where="tracks.json")
        for what, count in (
            ("landmarks.npz", landmarks.frames),
            ("body.npz", fit.frames),
            ("object_masks.json", masks.frames),
            ("tracks.json", tracks.frames),
        ):
            if count != frames.count:
                raise UnusableInputError(
                    f"{workspace.unit.unit_id}: {what} is about {count} frames, rgb.mp4 has {frames.count}"
                )
        speech = workspace.scores("quality").get("speech_share")
        share = float(speech) if isinstance(speech, int | float) else None
        facts = measure_facts(frames, landmarks, fit, masks, tracks, share, self.config)
        prompt = self._captioner.describe(frames, facts)
        record = CaptionRecord(prompt=prompt, hoi_prompt=hoi_prompt(facts, prompt), facts=facts)
        workspace.output("caption.json").write_bytes(record.to_bytes())
        return {"words": len(prompt.split()), "facts": facts.known}

    def close(self) -> None:
        """Let go of the captioner."""
        self._captioner = None
