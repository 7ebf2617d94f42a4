"""What is trained on, in which order, and how it is read. Light to import: no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cointeract_model.codecs.config import BlockDctConfig, CodecsConfig
from cointeract_shards.buckets import Bucket
from cointeract_shards.encoded import HoiPhase
from cointeract_shards.reviews.policy import ReviewPolicy

SMALLEST_SIDE = 64
"""Pixels of a bucket's side: the coarsest packing of motion takes eight cells of eight pixels."""

Probability = Annotated[float, Field(ge=0, le=1)]
OnTheFly = Literal["auto", "never", "always"]
Verify = Literal["first_epoch", "always", "never"]


def _bucket(value: object) -> object:
    return Bucket.parse(value) if isinstance(value, str) else value


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dropouts(_Options):
    """How often a condition is left out of a draw, each on its own. The defaults are the released ones."""

    text: Probability = 0.1
    """Both prompts at once: the rows of the empty prompt stand in, as in guidance."""
    audio: Probability = 0.1
    """Zeros stand in."""
    motion: Probability = 0.4
    """The target is encoded after the person's picture then, as a first clip is."""
    pose: Probability = 0.5


class Variations(_Options):
    """How training samples are varied, in their latents (`varying`). Only for codecs that can: the embedded one."""

    mirror: Probability = 0.0
    """How often left and right are exchanged. Prompts aren't changed."""
    colours: Probability = 0.0
    """How far colours and brightness move: 0 not at all, 1 up to complementary colours."""

    @property
    def any(self) -> bool:
        """Whether anything is varied."""
        return self.mirror > 0 or self.colours > 0


class CacheIdentity(_Options):
    """A codec by name and key, as a cache's record states them."""

    name: str
    key: str


class Caches(_Options):
    """Which caches are wanted. What isn't stated is that of `DataConfig.codecs`, which has to be loaded to tell its key."""

    latents: CacheIdentity | None = None
    text: CacheIdentity | None = None
    audio: CacheIdentity | None = None


class ValidationConfig(_Options):
    """Held-out samples, always with the same draws."""

    split: str | None = "test"
    """None: no validation."""
    samples: int | None = Field(default=None, ge=1)
    """At most so many, chosen by `seed`; None: all."""
    seed: int = Field(default=0, ge=0)
    """Of the draws; apart from the run's seed, so that runs can be compared."""
    dropouts: Dropouts = Dropouts(text=0, audio=0, motion=0, pose=0)


def _policy(value: str | None) -> str | None:
    return None if value is None else str(ReviewPolicy.parse(value))


class DataConfig(_Options):
    """The data of a training run."""

    root: str
    """A data set, or a folder of shards: a local path or a URL that fsspec knows."""
    split: str = "train"
    """Folder of shards that is trained on; empty where shards lie in the folder itself."""
    manifest: str = "manifest.parquet"
    """File in `root` with the decisions: only accepted samples are used. Where there is none, all are."""
    exclude: tuple[str, ...] = ()
    """Keys of samples to leave out besides."""
    reviews: Annotated[str | None, AfterValidator(_policy)] = None
    """Policy under which the reviews beside the manifest decide: `any-reject`, `majority`, `unanimous` or `owner:NAME`. None: as the data
    set was packed."""
    keep_stale_reviews: bool = False
    """Obey reviews of what a sample was before it was made again, too."""
    buckets: tuple[Annotated[Bucket, BeforeValidator(_bucket)], ...] = Field(
        default=(Bucket(width=240, height=416), Bucket(width=416, height=240)), min_length=1
    )
    """Training sizes, `240x416` each, width first: a sample takes the nearest (`cointeract_shards.buckets.nearest_bucket`)."""
    global_batch: int = Field(default=8, ge=1)
    """Samples of an optimiser step, of all processes together."""
    micro_batch: int = Field(default=1, ge=1)
    """Samples of one forward pass of one process; accumulation makes up the rest."""
    steps_per_epoch: int | None = Field(default=None, ge=1)
    """Global batches that Lightning calls an epoch; None: as many as the data set fills. Doesn't change the order."""
    seed: int = Field(default=0, ge=0)
    """Of order, dropouts, noise levels and noise."""
    window_shards: int = Field(default=16, ge=1)
    """Samples are shuffled within so many shards, and shards among each other."""
    dropouts: Dropouts = Dropouts()
    vary: Variations = Variations()
    """How training samples are changed at each draw. Held-out ones never are."""
    codecs: CodecsConfig = CodecsConfig()
    """What encodes on the fly, and which caches are wanted."""
    caches: Caches = Caches()
    on_the_fly: OnTheFly = "auto"
    """Decode and encode in the workers: where caches are missing or another's, never (an error then), or always."""
    verify: Verify = "first_epoch"
    """When members that are read are compared with their SHA-256."""
    workers: int = Field(default=2, ge=0)
    """Processes that read, for each training process; 0: the training process itself."""
    prefetch: int = Field(default=2, ge=1)
    """Micro batches that a worker holds ready."""
    hoi: bool = True
    """Whether the HOI stream is trained."""
    hoi_phase: HoiPhase = "aligned"
    """Which frames HOI, pose and sound belong to (`cointeract_model.codecs.joint.Phase`)."""
    hoi_prompt: Literal["template", "template_and_prompt"] = "template"
    """As the model's switch of that name."""
    box_ends: Literal["exclusive", "inclusive"] = "exclusive"
    """As the model's switch of that name."""
    pose: bool = False
    """Whether `pose.mp4` is a condition where a sample has one."""
    product_scale: float = Field(default=1.0, gt=0)
    """Of samples encoded on the fly that state none."""
    loudness: float | None = Field(default=-23.0, le=0)
    """LUFS that sound is brought to; null: as it is."""
    validation: ValidationConfig = ValidationConfig()

    @model_validator(mode="after")
    def _buckets_hold_motion(self) -> DataConfig:
        for bucket in self.buckets:
            if min(bucket.width, bucket.height) < SMALLEST_SIDE:
                raise ValueError(
                    f"bucket {bucket} is too small for motion; give sides of at least {SMALLEST_SIDE} pixels"
                )
        return self

    @model_validator(mode="after")
    def _latents_can_be_varied(self) -> DataConfig:
        codec = self.codecs.latents
        if self.vary.any and not isinstance(codec, BlockDctConfig):
            raise ValueError(
                f"vary needs latents that can be mirrored and recoloured, which those of {codec.name} can't: set mirror and colours to 0"
            )
        return self

    def accumulation(self, ranks: int) -> int:
        """Micro batches of a process in one optimiser step: `global_batch / (ranks * micro_batch)`.

        Raises:
            ValueError: it isn't whole.
        """
        at_once = ranks * self.micro_batch
        if self.global_batch % at_once:
            raise ValueError(
                f"a global batch of {self.global_batch} can't be dealt to {ranks} processes in micro batches of {self.micro_batch}: "
                f"give a multiple of {at_once}, such as {max(1, round(self.global_batch / at_once)) * at_once}"
            )
        return self.global_batch // at_once
