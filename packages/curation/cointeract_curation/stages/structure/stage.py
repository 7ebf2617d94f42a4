"""The stage `structure`: the interaction without appearance, as a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Resources, Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.core.versions import distribution_version
from cointeract_curation.stages.structure.config import StructureConfig

if TYPE_CHECKING:
    from cointeract_curation.human.fit import BodyFit
    from cointeract_curation.media.frames import Frames
    from cointeract_shards.object_masks import ObjectMasks

COVERED = 0.5
"""Share of a pixel from which on it counts as the body's."""


ON_A_GPU = Resources(cpus=1, gpus=0.25)
"""Four workers share a card: a mesh keeps it busy for a small part of what a frame takes, and encoding needs a core."""


class StructureStage(Stage[StructureConfig]):
    """Reads the frames, the fitted body and the object's masks; writes the structure stream, the body's silhouette and depth."""

    name: ClassVar[str] = "structure"
    version: ClassVar[int] = 2
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "body", "object")
    outputs: ClassVar[tuple[str, ...]] = ("hoi.mp4", "silhouette.json", "depth.npz")

    def __init__(self, config: StructureConfig) -> None:
        super().__init__(config)
        if config.device == "cuda":
            self.resources = ON_A_GPU
        self._device: str | None = None

    def revision(self) -> str:
        """Versions of the body model, the renderer, and the encoder."""
        renderer = ("warp-lang",) if self.config.backend == "warp" else ("easypytorch3d", "pytorch3d", "torch")
        return distribution_version("anny", *renderer, "numpy", "opencv-contrib-python", "av", "imageio-ffmpeg")

    def setup(self) -> None:
        """Find the device.

        Raises:
            ConfigurationError: it isn't there, or the backend's package isn't.
        """
        import cv2

        from cointeract_curation.render.choose import find_device

        cv2.setNumThreads(1)  # a worker has one core
        self._device = find_device(self.config.backend, self.config.device)

    def run(self, workspace: Workspace) -> Scores:
        """Draw all frames and write them.

        Raises:
            RuntimeError: `setup` wasn't called.
            UnusableInputError: the body or the masks don't belong to the video.
        """
        import numpy as np

        from cointeract_curation.human.fit import BodyFit
        from cointeract_curation.media.frames import DecodedVideo
        from cointeract_curation.media.masks import decode_mask, encode_mask, read_masks
        from cointeract_curation.render.rgb_video import RgbVideo
        from cointeract_curation.stages.structure.compose import compose
        from cointeract_curation.stages.structure.depth import DepthWriter
        from cointeract_curation.stages.structure.draw import draw_body
        from cointeract_curation.stages.structure.fidelity import Drawn
        from cointeract_curation.stages.structure.layer import object_layer
        from cointeract_curation.stages.structure.scores import structure_scores
        from cointeract_shards.object_masks import ObjectMasks

        if self._device is None:
            raise RuntimeError("the stage structure was run before setup(): call setup() once in this process first")
        frames = workspace.frames("cut", "rgb.mp4")
        fit = BodyFit.load(workspace.input("body", "body.npz"))
        masks = read_masks(workspace.input("object", "object_masks.json"))
        _check(workspace.unit.unit_id, frames, fit, masks)
        size = (frames.width, frames.height)
        nothing = np.zeros((frames.height, frames.width), bool)
        drawn = Drawn()
        silhouettes, body_areas, object_areas = [], [], []
        video = RgbVideo(workspace.output("hoi.mp4"), size, self.config.encoder)
        with video, DepthWriter(workspace.output("depth.npz"), frames.count, size) as depth:
            bodies = draw_body(fit, self.config.backend, self._device)
            for index, (frame, body, code) in enumerate(zip(frames, bodies, masks.masks, strict=True)):
                mask = nothing if code is None else decode_mask(code)
                layer = object_layer(frame, mask, self.config.object_fill)
                picture = compose(None if body is None else body.brightness, layer, size)
                covered = nothing if body is None else body.coverage >= COVERED
                video.write(picture)
                depth.write(None if body is None else body.depth)
                drawn.keep(index, picture, mask)
                silhouettes.append(encode_mask(covered))
                body_areas.append(np.count_nonzero(covered) / covered.size)
                object_areas.append(np.count_nonzero(mask) / mask.size)
        silhouette = ObjectMasks(width=size[0], height=size[1], frames=frames.count, masks=tuple(silhouettes))
        workspace.output("silhouette.json").write_bytes(silhouette.to_bytes())
        fidelity = drawn.compare(DecodedVideo(workspace.output("hoi.mp4"), cache_bytes=0))
        return structure_scores(body_areas, object_areas, fidelity)

    def close(self) -> None:
        """Nothing is kept between clips but the device's name."""
        self._device = None


def _check(unit: str, frames: Frames, fit: BodyFit, masks: ObjectMasks) -> None:
    """Whether body and masks are of this video. Raises `UnusableInputError`."""
    size = (frames.width, frames.height)
    of_body, of_masks = (fit.frames, *fit.size), (masks.frames, masks.width, masks.height)
    for what, found in (("body.npz", of_body), ("object_masks.json", of_masks)):
        if found != (frames.count, *size):
            raise UnusableInputError(
                f"{unit}: {what} is about {found[0]} frames of {found[1]}x{found[2]}, rgb.mp4 has {frames.count} of {size[0]}x{size[1]}"
            )
