"""The stage `encode`: latents, text rows and audio features of a clip, cached for training."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, ClassVar

from cointeract_curation.core.errors import ConfigurationError, UnusableInputError
from cointeract_curation.core.stage import Resources, Scores, Stage, Workspace
from cointeract_curation.core.units import ClipUnit, UnitKind
from cointeract_curation.stages.encode.config import AUDIO_FILE, LATENTS_FILE, TEXT_FILE, EncodeConfig
from cointeract_curation.stages.encode.revision import libraries, revision
from cointeract_shards import canonical_json
from cointeract_shards.buckets import Bucket, cover, nearest_bucket
from cointeract_shards.constants import MOTION_FRAMES, TARGET_FRAMES
from cointeract_shards.encoded import AudioFeatures, AudioInfo, LatentsInfo, TextRows, VideoLatents

if TYPE_CHECKING:
    from cointeract_curation.media.frames import Frames
    from cointeract_curation.stages.encode.pixels import ClipPixels
    from cointeract_curation.stages.encode.words import TextEncoder
    from cointeract_model.codecs.protocols import AudioCodec, LatentCodec

SHARE_DECIMALS = 4


class EncodeStage(Stage[EncodeConfig]):
    """Reads all videos of a clip, its references, prompt and sound; writes the three caches of `cointeract_shards.encoded`.

    Where a codec computes on a GPU the stage has a pool of its own; else it runs on a CPU beside the other stages.
    """

    name: ClassVar[str] = "encode"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.CLIP
    requires: ClassVar[tuple[str, ...]] = ("cut", "quality", "structure", "references", "caption")
    outputs: ClassVar[tuple[str, ...]] = (LATENTS_FILE, TEXT_FILE, AUDIO_FILE)
    time_limit_s: ClassVar[float] = 900.0

    def __init__(self, config: EncodeConfig) -> None:
        super().__init__(config)
        if "cuda" in config.devices.values():
            self.resources = Resources(gpus=config.gpu_share)
        self._latents: LatentCodec | None = None
        self._text: TextEncoder | None = None
        self._audio: AudioCodec | None = None

    def revision(self) -> str:
        """Versions of libraries and codecs, and what tells their weights apart.

        Raises:
            ConfigurationError: a library or weights are missing; the message says what to install or where they should lie.
        """
        return revision(self.config)

    def setup(self) -> None:
        """Load the codecs.

        Raises:
            ConfigurationError: their libraries or weights are missing, or are another model's.
        """
        import torch

        from cointeract_curation.stages.encode.words import TextEncoder
        from cointeract_model.codecs.build import build_audio_codec, build_latent_codec, build_text_codec
        from cointeract_model.codecs.errors import CodecUnavailableError
        from cointeract_model.switches import Switches

        # Sums are split among threads, so their number would change the last bits; a worker has one core anyway.
        torch.set_num_threads(1)
        if "cuda" in self.config.devices.values() and not torch.cuda.is_available():
            raise ConfigurationError(
                "encode: a codec is to compute on `cuda`, and PyTorch finds no GPU here; set its device to cpu"
            )
        try:
            self._latents = build_latent_codec(self.config.latents)
            self._audio = build_audio_codec(self.config.audio)
            switches = Switches(hoi_prompt=self.config.hoi_prompt)
            self._text = TextEncoder(build_text_codec(self.config.text), switches, self.config.dtype, self._libraries())
        except CodecUnavailableError as error:
            raise ConfigurationError(f"encode: {error}") from error

    def run(self, workspace: Workspace) -> Scores:
        """Encode and write.

        Raises:
            RuntimeError: `setup` wasn't called.
            CacheError: a feature isn't finite, or too large for what it is stored in.
            UnusableInputError: the clip isn't 81 frames with 73 or none before them, or its videos, pictures and sound don't fit together.
        """
        from cointeract_curation.stages.encode.latents import encode_latents

        if self._latents is None or self._text is None or self._audio is None:
            raise RuntimeError("the stage encode was run before setup(): call setup() once in this process first")
        target = workspace.frames("cut", "rgb.mp4")
        bucket = nearest_bucket(target.width, target.height, self.config.buckets)
        place = cover(target.width, target.height, bucket)
        pixels = self._pixels(workspace, target, bucket)
        info = LatentsInfo(
            codec=self._latents.name,
            key=self._latents.key,
            dtype=self.config.dtype,
            libraries=self._libraries(),
            bucket=bucket,
            hoi_phase=self.config.hoi_phase,
            frames=place,
            product_scale=self.config.product_scale,
            motion=pixels.motion is not None,
            pose=pixels.pose is not None,
        )
        caption = canonical_json.decode(workspace.input("caption", "caption.json").read_bytes(), where="caption.json")
        caches: dict[str, VideoLatents | TextRows | AudioFeatures] = {
            LATENTS_FILE: encode_latents(self._latents, pixels, info, self.config.devices["latents"]),
            TEXT_FILE: self._text.encode(caption["prompt"]),
            AUDIO_FILE: self._sound(workspace),
        }
        size = 0
        for name, cache in caches.items():
            size += workspace.output(name).write_bytes(cache.to_bytes(where=f"{workspace.unit.unit_id}/{name}"))
        kept = bucket.width * bucket.height / (place.scaled_width * place.scaled_height)
        return {
            "bucket": str(bucket),
            "scale": round(place.scale, SHARE_DECIMALS),
            "kept_area": round(kept, SHARE_DECIMALS),
            "bytes": size,
        }

    def close(self) -> None:
        """Let go of the codecs."""
        self._latents = self._text = self._audio = None

    def _pixels(self, workspace: Workspace, target: Frames, bucket: Bucket) -> ClipPixels:
        from cointeract_curation.stages.encode.pixels import ClipPixels
        from cointeract_curation.triplet.pictures import PERSON_FILE, PRODUCT_FILE, read_picture
        from cointeract_model.codecs.bucket_pixels import contained, covering

        unit = workspace.unit
        if not isinstance(unit, ClipUnit):
            raise TypeError(f"{unit.unit_id} is a {unit.kind}, not a clip")
        motion = _video(workspace, "cut", "motion.mp4") if unit.motion_frames else None
        hoi = _video(workspace, "structure", "hoi.mp4")
        pose = _video(workspace, "pose", "pose.mp4") if self.config.pose else None
        size = (target.width, target.height)
        for name, video, frames in (
            ("rgb.mp4", target, TARGET_FRAMES),
            ("motion.mp4", motion, MOTION_FRAMES),
            ("hoi.mp4", hoi, TARGET_FRAMES),
            ("pose.mp4", pose, TARGET_FRAMES),
        ):
            if video is not None and (video.count, video.width, video.height) != (frames, *size):
                raise UnusableInputError(
                    f"{unit.unit_id}: {name} has {video.count} frames of {video.width}x{video.height}; a sample has {frames} of "
                    f"{size[0]}x{size[1]}"
                )
        return ClipPixels(
            target=covering(target, bucket),
            hoi=covering(hoi, bucket),
            person=covering([read_picture(workspace.input("references", PERSON_FILE))], bucket),
            product=contained(read_picture(workspace.input("references", PRODUCT_FILE)), bucket),
            motion=None if motion is None else covering(motion, bucket),
            pose=None if pose is None else covering(pose, bucket),
        )

    def _sound(self, workspace: Workspace) -> AudioFeatures:
        from cointeract_curation.stages.encode.sound import encode_sound, gain_of, read_samples

        if self._audio is None:
            raise RuntimeError("the stage encode was run before setup(): call setup() once in this process first")
        samples = read_samples(workspace.input("cut", "audio.wav"))
        measured = workspace.scores("quality").get("loudness_lufs")
        loudness = float(measured) if isinstance(measured, int | float) else None
        info = AudioInfo(
            codec=self._audio.name,
            key=self._audio.key,
            dtype=self.config.dtype,
            libraries=self._libraries(),
            frames=TARGET_FRAMES,
            loudness=self.config.loudness,
            gain=gain_of(samples, loudness, self.config.loudness),
        )
        return encode_sound(self._audio, samples, info)

    def _libraries(self) -> dict[str, str]:
        return {name: metadata.version(name) for name in libraries(self.config)}


class EncodeWithPoseStage(EncodeStage):
    """The same with the skeleton video."""

    requires: ClassVar[tuple[str, ...]] = (*EncodeStage.requires, "pose")


def encode_stage(config: EncodeConfig) -> EncodeStage:
    """The stage that reads what its configuration asks for."""
    return EncodeWithPoseStage(config) if config.pose else EncodeStage(config)


def _video(workspace: Workspace, stage: str, name: str) -> Frames:
    """A video that is looked at once, so its frames aren't kept."""
    from cointeract_curation.media.frames import DecodedVideo

    return DecodedVideo(workspace.input(stage, name), cache_bytes=0)
