"""What the paper and the released code do differently, one named field each, with the presets `paper` and `release`.

"Paper" is CoInteract (arXiv 2604.19636). "Released" is its public code, whose weights need the `release` preset.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HOI_PROMPT_TEMPLATE = (
    "a rendered video on a black background showing a 3D human body mesh interacting with an object. The scene "
    "features the human body represented as a polygonal mesh with visible surface geometry, alongside a 3D object. "
    "Following is the RGB description:"
)
"""The HOI stream's prompt. These words are the released ones: the released weights know no others."""


class Stage(StrEnum):
    """How the two streams see one another (paper section 3.1, Fig. 3). An argument of the forward pass."""

    JOINT = "joint"
    """Stage 1: every token sees every token."""
    ASYMMETRIC = "asymmetric"
    """Stage 2: RGB sees RGB only, so that the HOI stream can be left out (Eq. 4)."""


class ClassWeights(BaseModel):
    """Weights of the router's classes in its loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: float = Field(default=1.0, ge=0)
    hand: float = Field(default=1.0, ge=0)
    head: float = Field(default=1.0, ge=0)

    def as_tuple(self) -> tuple[float, float, float]:
        """In the order of the router's logits: base, hand, head."""
        return self.base, self.hand, self.head


class Switches(BaseModel):
    """One field for each difference that concerns the model, its losses or its sampling. Unknown keys are refused.

    The defaults are the paper's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hoi_width_origin: Literal["paper", "release"] = "paper"
    """Columns of HOI tokens. Paper (section 3.1, Fig. 2b): -W .. -1. Released: 1024-W .. 1023, because -W .. -1 are used
    as indices into a table of 1024 positions."""

    hoi_keys: Literal["eq4", "release"] = "eq4"
    """What HOI queries see in stage 2. Paper (Eq. 4): all RGB and HOI tokens. Released: HOI, target and product; neither
    the person reference nor motion."""

    hoi_block_timestep: Literal["t", "zero"] = "t"
    """Timestep that modulates HOI tokens in the blocks. Paper (Eq. 2): t. Released: 0; only the HOI head knows t."""

    experts: Literal["paper", "release"] = "paper"
    """Paper (section 3.2): shared, head, hand and base experts; a token is processed by the expert of its most likely
    region, weighted by that probability. Released: shared, hand and head ("face"); both run and are weighted by their
    probabilities, and the probability of base weighs nothing."""

    router: Literal["mlp", "release"] = "mlp"
    """Paper (section 4.1): a two-layer MLP. Released: with a layer norm between the activation and the last layer."""

    routing_cutoff: float | None = Field(default=None, ge=0, le=1000)
    """Experts are left out at this timestep and above. Paper: none. Released: 900."""

    lambda_hoi: float = Field(default=1.0, ge=0)
    """Weight of the HOI loss (Eq. 1). Paper (section 4.1): 1. Released: 0.5."""

    eta_router: float = Field(default=1.0, ge=0)
    """Weight of the router's loss (Eq. 7). Paper (section 4.1): 1. Released: 0.05."""

    router_class_weights: ClassWeights = ClassWeights()
    """Weights of the classes in the router's loss (Eq. 6). Paper: 1, 1, 1. Released: hand 10, head 10, base 1, with the
    mean over all tokens rather than over the weights."""

    box_ends: Literal["exclusive", "inclusive"] = "exclusive"
    """Whether a box that ends on a token's edge marks the token beyond. Paper (section 3.2): tokens "inside" the region.
    Released: it does, so a box of 96 pixels marks seven tokens."""

    loss_weighting: Literal["none", "gaussian"] = "none"
    """Weight of a timestep in the flow matching loss. Paper (Eq. 2): none. Released: Gaussian around t = 500."""

    hoi_prompt: Literal["template", "template_and_prompt"] = "template"
    """The HOI stream's text. Paper (section 3.1): a fixed template. Released: the template and then the clip's prompt."""

    guidance: float = Field(default=5.0, ge=0)
    """Scale of classifier-free guidance. Paper (section 4.1): 5. Released: 7."""

    training_shift: float = Field(default=5.0, gt=0)
    """Shift of the noise schedule in training. Paper: unstated. Released: 5."""

    sampling_shift: float = Field(default=5.0, gt=0)
    """Shift of the noise schedule in sampling. Paper: unstated, so that of training. Released: 7."""

    def hoi_prompt_of(self, prompt: str) -> str:
        """The text of the HOI stream for a clip with this prompt."""
        return HOI_PROMPT_TEMPLATE if self.hoi_prompt == "template" else HOI_PROMPT_TEMPLATE + prompt


def paper() -> Switches:
    """The preset for training from scratch: what the paper says."""
    return Switches()


def release() -> Switches:
    """The preset that the released weights need, and which gives the released outputs."""
    return Switches(
        hoi_width_origin="release",
        hoi_keys="release",
        hoi_block_timestep="zero",
        experts="release",
        router="release",
        routing_cutoff=900.0,
        lambda_hoi=0.5,
        eta_router=0.05,
        router_class_weights=ClassWeights(base=1.0, hand=10.0, head=10.0),
        box_ends="inclusive",
        loss_weighting="gaussian",
        hoi_prompt="template_and_prompt",
        guidance=7.0,
        training_shift=5.0,
        sampling_shift=7.0,
    )
