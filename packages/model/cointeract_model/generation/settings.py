"""How a video is made: model, codecs, size, solver, guidance. Light to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cointeract_model.codecs.config import CodecsConfig
from cointeract_model.generation.errors import GenerationError
from cointeract_shards.constants import TOKEN_PIXELS
from cointeract_shards.recipe_layers import problems_of

if TYPE_CHECKING:
    from cointeract_model.switches import Switches

SIZES = ("480x832", "832x480", "720x1280", "1280x720")
"""Sizes (height x width) that the released model is used with; any multiples of 16 will do."""

TINY = "tiny"
"""The model that needs no weights: untrained, made from a seed."""

NEGATIVE_PROMPT = (
    "Blurry, worst quality, blurred details, static frame, violent emotions, rapid hand shaking, subtitles, ugly, deformed, "
    "extra fingers, poorly drawn hands, poorly drawn face"
)
"""What guidance leads away from. These words are the released ones: the released settings were chosen with them."""

LOUDNESS = -23.0
"""LUFS that the released training brings sound to (EBU R 128)."""

TINY_DEFAULTS = {"height": 192, "width": 112, "steps": 8}
"""Of the tiny model, where they aren't given: seconds a clip on a laptop, where the released size would take a quarter of an hour."""

SMALLEST_SIDE = 64
"""Pixels: the packing of motion needs 8 latents along each side."""


class GenerationSettings(BaseModel):
    """Settings of a video or of a batch. Unknown keys are refused. What is None follows from the model or the machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(default=TINY, description="folder with weights, or `tiny`: untrained, for trying things out")
    base: str | None = Field(
        default=None, description="folder of Wan2.2-S2V-14B, where `model` holds CoInteract's tensors alone"
    )
    preset: Literal["paper", "release"] | None = Field(
        default=None, description="switches; None: the checkpoint's own, and `paper` for the tiny model"
    )
    codecs: CodecsConfig = CodecsConfig()
    height: int = Field(
        default=832, ge=SMALLEST_SIDE, multiple_of=TOKEN_PIXELS, description="pixels; 192 for the tiny model"
    )
    width: int = Field(
        default=480, ge=SMALLEST_SIDE, multiple_of=TOKEN_PIXELS, description="pixels; 112 for the tiny model"
    )
    steps: int = Field(default=40, ge=1, description="denoising steps of a clip; 8 for the tiny model")
    solver: Literal["euler", "unipc"] = "euler"
    shift: float | None = Field(default=None, gt=0, description="of the noise schedule; None: the preset's")
    guidance_text: float | None = Field(default=None, ge=0, description="scale of the prompt; None: the preset's")
    guidance_audio: float | None = Field(default=None, ge=0, description="scale of the sound; None: the preset's")
    negative_prompt: str = NEGATIVE_PROMPT
    seed: int = Field(default=0, ge=0, description="equal seeds and settings give equal videos, to the bit on a CPU")
    dtype: Literal["float32", "bfloat16"] | None = Field(default=None, description="None: bfloat16 on a GPU")
    device: str | None = Field(default=None, description="such as `cpu` or `cuda`; None: a GPU where there is one")
    loudness: float | None = Field(default=LOUDNESS, le=0, description="LUFS that the model hears; None: as it is")
    phase: Literal["aligned", "release"] | None = Field(
        default=None,
        description="which frames sound and HOI belong to; None: `release` for a model with those switches",
    )
    show_hoi: bool = Field(default=False, description="denoise the HOI stream too, and show it with the router's maps")
    sheet: bool = Field(default=False, description="write a picture of frames in time")

    @model_validator(mode="before")
    @classmethod
    def _tiny_is_quick(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and values.get("model", TINY) == TINY:
            return TINY_DEFAULTS | dict(values)
        return values

    @model_validator(mode="after")
    def _tiny_has_no_base(self) -> Self:
        if self.model == TINY and self.base is not None:
            raise ValueError(
                f"base is {self.base!r}, but the tiny model has none: name a checkpoint as the model, or leave it out"
            )
        return self

    def placed(self, *, gpu: bool) -> GenerationSettings:
        """The settings with device and dtype settled.

        Args:
            gpu: whether there is a GPU.
        """
        device = self.device or ("cuda" if gpu else "cpu")
        return self.model_copy(
            update={"device": device, "dtype": self.dtype or ("float32" if device == "cpu" else "bfloat16")}
        )

    def resolved(self, switches: Switches) -> GenerationSettings:
        """The settings with what follows from the model's switches settled too. A loudness of None stays: it is meant."""
        from cointeract_model.switches import release

        chosen = {
            "shift": switches.sampling_shift if self.shift is None else self.shift,
            "guidance_text": switches.guidance if self.guidance_text is None else self.guidance_text,
            "guidance_audio": switches.guidance if self.guidance_audio is None else self.guidance_audio,
            "phase": self.phase or ("release" if switches == release() else "aligned"),
        }
        return self.model_copy(update=chosen)


def build_settings(values: Mapping[str, Any], where: str) -> GenerationSettings:
    """Settings from a mapping, such as that of a YAML file.

    Raises:
        GenerationError: an unknown key, with the nearest known one, or a value that isn't allowed; all of them in one message.
    """
    try:
        return GenerationSettings.model_validate(dict(values))
    except ValidationError as error:
        raise GenerationError(f"{where}: {problems_of(error, GenerationSettings)}") from error


def parse_size(text: str) -> tuple[int, int]:
    """Height and width of `832x480`.

    Raises:
        GenerationError: not two numbers with an `x` between them.
    """
    parts = text.lower().split("x")
    if len(parts) != len("hw") or not all(part.strip().isdecimal() for part in parts):
        raise GenerationError(f"size {text!r} isn't HEIGHTxWIDTH in pixels, such as {', '.join(SIZES)}")
    height, width = (int(part) for part in parts)
    return height, width
