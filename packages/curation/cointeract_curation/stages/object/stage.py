"""The stage `object`: which object is handled, its pixels in every frame, and which hand touches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.object.config import ObjectConfig

if TYPE_CHECKING:
    from cointeract_curation.stages.object.protocol import HandledObjectSegmenter
    from cointeract_shards.reviews.event import Part


class ObjectStage(Stage[ObjectConfig]):
    """Reads frames, landmarks, people's tracks and the body; writes `object_masks.json` and the better `tracks.json`."""

    name: ClassVar[str] = "object"
    version: ClassVar[int] = 6
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "people", "body")
    outputs: ClassVar[tuple[str, ...]] = ("object_masks.json", "tracks.json")
    corrects: ClassVar[tuple[Part, ...]] = ("object", "left_hand", "right_hand")

    def __init__(self, config: ObjectConfig) -> None:
        super().__init__(config)
        self._segmenter: HandledObjectSegmenter | None = None

    def revision(self) -> str:
        """Versions of the libraries whose numbers the result depends on; the person model is inside of mediapipe's wheel."""
        return distribution_version(
            "mediapipe", "opencv-contrib-python", "numpy", "scipy", "warp-lang", "anny", "torch"
        )

    def setup(self) -> None:
        """Load the models."""
        import cv2

        # A worker has one core; more threads would only take it from other workers.
        cv2.setNumThreads(1)
        self._segmenter = _segmenter(self.config)

    def run(self, workspace: Workspace) -> Scores:
        """Find the object and write both records.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: the video has no frames, an input is none of the expected, or a prompt names a frame beyond the clip.
        """
        from cointeract_curation.human.drawn_boxes import drawn_track
        from cointeract_curation.human.fit import BodyFit
        from cointeract_curation.human.landmarks import Landmarks
        from cointeract_curation.human.mesh import body_mesh
        from cointeract_curation.media.masks import make_masks
        from cointeract_curation.stages.object.artifacts import make_tracks
        from cointeract_curation.stages.object.contact import contacts_of
        from cointeract_curation.stages.object.hand_boxes import better_hand_boxes
        from cointeract_curation.stages.object.protocol import Clip
        from cointeract_curation.stages.object.scores import object_scores
        from cointeract_curation.stages.object.visible_hands import visible_hand_boxes
        from cointeract_shards.records import Tracks

        if self._segmenter is None:
            raise RuntimeError("the stage object was run before setup(): call setup() once in this process first")
        unit = workspace.unit.unit_id
        video = workspace.frames("cut", "rgb.mp4")
        if video.count == 0:
            raise UnusableInputError(f"{unit}: rgb.mp4 has no frames to look for an object in")
        drawn = self.corrections.get(unit, {})
        prompts = {**self.config.prompts.get(unit, {}), **drawn.get("object", {})}
        beyond = [frame for frame in prompts if not 0 <= frame < video.count]
        if beyond:
            raise UnusableInputError(
                f"{unit}: prompts name frames {beyond}; the clip has frames 0 to {video.count - 1}"
            )
        landmarks = Landmarks.load(workspace.input("people", "landmarks.npz"))
        fit = BodyFit.load(workspace.input("body", "body.npz"))
        # A mesh takes a second to build; a clip without a body doesn't pay for it.
        mesh = body_mesh(fit) if fit.fitted.any() else None
        found = self._segmenter.segment(Clip(video, landmarks, fit, mesh, prompts))
        size = (video.width, video.height)
        workspace.output("object_masks.json").write_bytes(make_masks(list(found.masks), size).to_bytes())
        people = Tracks.from_bytes(workspace.input("people", "tracks.json").read_bytes(), where=f"{unit}/tracks.json")
        hands = better_hand_boxes((people.left_hand, people.right_hand), fit, mesh)
        hands = visible_hand_boxes(hands, video, found.masks, landmarks, fit)
        hands = (
            drawn_track(hands[0], drawn.get("left_hand", {}), size),
            drawn_track(hands[1], drawn.get("right_hand", {}), size),
        )
        contacts = contacts_of(found.masks, landmarks, fit)
        workspace.output("tracks.json").write_bytes(make_tracks(people, hands, found, contacts).to_bytes())
        return object_scores(found, contacts)

    def close(self) -> None:
        """Let go of the model."""
        if self._segmenter is not None:
            self._segmenter.close()
        self._segmenter = None


def _segmenter(config: ObjectConfig) -> HandledObjectSegmenter:
    if config.backend == "learned":
        import torch

        from cointeract_curation.stages.object.learned import LearnedSegmenter

        torch.set_num_threads(1)
        return LearnedSegmenter(config)
    from cointeract_curation.stages.object.motion_seeded import MotionSeeded

    return MotionSeeded(config)
