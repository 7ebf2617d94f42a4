"""The caches of level `encoded`: latents, text rows and audio features of one sample, each a safetensors file with what made it.

Latents belong to a codec and a bucket, so a sample may have several: `latents.<codec>-<width>x<height>.safetensors`. Arrays are float16 or
float32, and views of the bytes that were read: copy them before you write to them. Values that were read aren't looked at; lint does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

from pydantic import Field

from cointeract_shards import members
from cointeract_shards.buckets import Bucket, Placement
from cointeract_shards.constants import (
    LATENT_CHANNELS,
    MOTION_LATENT_FRAMES,
    TARGET_FRAMES,
    TARGET_LATENT_FRAMES,
)
from cointeract_shards.errors import CacheError
from cointeract_shards.records import VersionedRecord
from cointeract_shards.tensor_file import Floats, StoredDtype, read_record, read_tensors, write_tensors

HoiPhase = Literal["aligned", "release"]

ROW_DIMENSIONS = 2
FEATURE_DIMENSIONS = 3


class CacheInfo(VersionedRecord):
    """What made a cache. Features may stand for those of a codec whose `key` equals this one."""

    codec: str = Field(min_length=1)
    """Name of the codec, such as `wan-vae`."""
    key: str = Field(min_length=1)
    """The codec's key: its name, weights and options."""
    dtype: StoredDtype
    """Of the stored tensors."""
    libraries: dict[str, str] = Field(default_factory=dict)
    """Versions of the libraries that computed them, by name."""


class LatentsInfo(CacheInfo):
    """What made the latents, and of which pixels."""

    kind: Literal["latents"] = "latents"
    bucket: Bucket
    hoi_phase: HoiPhase
    """Which frames HOI and pose latents cover: the target's, or as the released code encodes them."""
    frames: Placement
    """Where the videos lie in the bucket, scaled to cover it with a triangle filter; the person's picture likewise."""
    product_scale: float = Field(gt=0)
    """RoPE scale of the product (column `scale` of the released CSV)."""
    motion: bool
    """Whether the sample has a motion context."""
    pose: bool
    """Whether it has a pose video, and its latents are here."""


class TextInfo(CacheInfo):
    """What made the text rows, and of which words."""

    kind: Literal["text"] = "text"
    prompt: str
    hoi_prompt: str
    empty: str = ""
    """What stands for the prompt where training drops text."""
    hoi_empty: str
    """What stands for the HOI prompt where training drops text: its template without a prompt. So a cache whose `hoi_prompt` is the
    template and the prompt serves a training with the template alone, too."""


class AudioInfo(CacheInfo):
    """What made the audio features."""

    kind: Literal["audio"] = "audio"
    frames: int = Field(gt=0)
    """Video frames that they cover, from the target's first on: 81."""
    loudness: float | None = None
    """LUFS that the sound was to be brought to; null: left as it was."""
    gain: float = Field(default=1.0, gt=0)
    """What its samples were multiplied by."""


@dataclass(frozen=True, eq=False)
class VideoLatents:
    """Latents of everything that a sample shows. Rows and columns are the bucket's sides / 8.

    Frame numbers count from the target's first frame. Target latent k (0 .. 19) covers frames `4k .. 4k + 3` with motion and
    `4k + 1 .. 4k + 4` without; HOI latents likewise, but always the latter where `hoi_phase` is `release`; pose latents likewise, but
    always the former where it is `release`.
    """

    info: LatentsInfo
    without_motion: Floats
    """(16, 20, h, w) target after the person's picture, which stands in for frame 0."""
    hoi_without_motion: Floats
    """(16, 20, h, w)."""
    person: Floats
    """(16, 1, h, w)."""
    product: Floats
    """(16, 1, h, w), the product whole, on white."""
    motion: Floats | None = None
    """(16, 19, h, w) frames -73 .. -1, where `info.motion`; so are the next two."""
    with_motion: Floats | None = None
    """(16, 20, h, w) target encoded in one pass after its motion."""
    hoi_with_motion: Floats | None = None
    """(16, 20, h, w)."""
    pose_without_motion: Floats | None = None
    """(16, 20, h, w), where `info.pose`."""
    pose_with_motion: Floats | None = None
    """(16, 20, h, w), where both."""

    @property
    def member(self) -> str:
        """Its name in a sample."""
        return latents_name(self.info.codec, self.info.bucket)

    def to_bytes(self, *, where: str = "latents") -> bytes:
        """The member's content.

        Raises:
            CacheError: tensors that don't fit the record or its dtype, or aren't finite.
        """
        return _write(self.info, _given(vars(self)), _latent_shapes(self.info), where)

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str) -> Self:
        """Read a member.

        Args:
            data: its bytes.
            where: `<key>/<member>`, for the message.

        Raises:
            SchemaVersionError: another version.
            ContractError: not such a file, cut short, or with tensors missing, too many or of another shape.
        """
        info = LatentsInfo.from_bytes(read_record(data, where=where), where=where)
        return cls(info, **_read(data, info, _latent_shapes(info), where))


@dataclass(frozen=True, eq=False)
class TextRows:
    """Rows of the four texts of a sample, a row for each token, without the zero rows that fill a batch up."""

    info: TextInfo
    prompt: Floats
    """(L, dim)."""
    hoi: Floats
    """(L, dim) of the HOI stream's prompt."""
    empty: Floats
    """(L, dim) what takes the prompt's place where text is dropped; so does the next."""
    hoi_empty: Floats
    """(L, dim)."""

    @property
    def member(self) -> str:
        """Its name in a sample."""
        return members.text_member(self.info.codec)

    def to_bytes(self, *, where: str = "text") -> bytes:
        """The member's content. Raises `CacheError` as `VideoLatents.to_bytes` does."""
        tensors = _given(vars(self))
        _check_rows(tensors, where)
        return _write(self.info, tensors, {name: rows.shape for name, rows in tensors.items()}, where)

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str) -> Self:
        """Read a member. Raises as `VideoLatents.from_bytes` does."""
        info = TextInfo.from_bytes(read_record(data, where=where), where=where)
        tensors = _read(data, info, dict.fromkeys(("prompt", "hoi", "empty", "hoi_empty")), where)
        _check_rows(tensors, where)
        return cls(info, **tensors)


@dataclass(frozen=True, eq=False)
class AudioFeatures:
    """Audio features of the target's frames."""

    info: AudioInfo
    features: Floats
    """(layers, dim, 81), a column for each frame."""

    @property
    def member(self) -> str:
        """Its name in a sample."""
        return members.audio_member(self.info.codec)

    def to_bytes(self, *, where: str = "audio") -> bytes:
        """The member's content. Raises `CacheError` as `VideoLatents.to_bytes` does."""
        _check_features(self.features, self.info, where)
        return _write(self.info, {"features": self.features}, {"features": self.features.shape}, where)

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str) -> Self:
        """Read a member. Raises as `VideoLatents.from_bytes` does."""
        info = AudioInfo.from_bytes(read_record(data, where=where), where=where)
        features = _read(data, info, {"features": None}, where)["features"]
        _check_features(features, info, where)
        return cls(info, features)


def latents_name(codec: str, bucket: Bucket) -> str:
    """Member name of the latents of a codec at a bucket: `latents.block-dct-416x240.safetensors`."""
    return members.latents_member(f"{codec}-{bucket}")


_InfoT = TypeVar("_InfoT", bound=CacheInfo)
_Shapes = Mapping[str, tuple[int, ...] | None]
"""Of each tensor by name; None where any will do."""


def _latent_shapes(info: LatentsInfo) -> dict[str, tuple[int, ...] | None]:
    """The tensors that latents with this record have."""
    names = ["without_motion", "hoi_without_motion"] + ["pose_without_motion"] * info.pose
    if info.motion:
        names += ["with_motion", "hoi_with_motion"] + ["pose_with_motion"] * info.pose
    frames = dict.fromkeys(names, TARGET_LATENT_FRAMES) | {"person": 1, "product": 1}
    if info.motion:
        frames["motion"] = MOTION_LATENT_FRAMES
    return {name: (LATENT_CHANNELS, count, *info.bucket.cells) for name, count in frames.items()}


def _given(fields: Mapping[str, Floats | CacheInfo | None]) -> dict[str, Floats]:
    return {name: value for name, value in fields.items() if value is not None and not isinstance(value, CacheInfo)}


def _write(info: CacheInfo, tensors: Mapping[str, Floats], shapes: _Shapes, where: str) -> bytes:
    _check_shapes(tensors, shapes, where)
    return write_tensors(tensors, info.dtype, info.to_bytes(), where=where)


def _read(data: bytes, info: CacheInfo, shapes: _Shapes, where: str) -> dict[str, Floats]:
    tensors = read_tensors(data, info.dtype, where=where)
    _check_shapes(tensors, shapes, where)
    return tensors


def _check_shapes(tensors: Mapping[str, Floats], shapes: _Shapes, where: str) -> None:
    missing, unexpected = sorted(set(shapes) - set(tensors)), sorted(set(tensors) - set(shapes))
    if missing or unexpected:
        raise CacheError(
            f"{where}: tensors {missing} are missing and {unexpected} don't belong there, by what its record says; encode the sample again"
        )
    for name, shape in shapes.items():
        if shape is not None and tensors[name].shape != shape:
            raise CacheError(
                f"{where}: tensor {name} has the shape {tensors[name].shape}, not {shape}; encode the sample again"
            )


def _check_rows(tensors: Mapping[str, Floats], where: str) -> None:
    shapes = {name: rows.shape for name, rows in tensors.items()}
    fits = all(len(shape) == ROW_DIMENSIONS and 0 not in shape for shape in shapes.values())
    if not fits or len({shape[1] for shape in shapes.values()}) > 1:
        raise CacheError(
            f"{where}: rows of text have the shapes {shapes}, not (rows, dim) with one dim; encode the sample again"
        )


def _check_features(features: Floats, info: AudioInfo, where: str) -> None:
    if features.ndim != FEATURE_DIMENSIONS or features.shape[2] != info.frames or info.frames != TARGET_FRAMES:
        raise CacheError(
            f"{where}: audio features have the shape {features.shape} and are said to cover {info.frames} frames; "
            f"expected is (layers, dim, {TARGET_FRAMES}); encode the sample again"
        )
