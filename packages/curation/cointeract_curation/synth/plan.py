"""What one shot shows: the plan that directing follows, and the plans of the studio."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ProductKind = Literal[
    "bottle", "jar", "carton", "box", "bowl", "brush", "lipstick", "phone", "bag", "cloth", "coat"
]  # fmt: skip
Action = Literal["present", "talk", "put_down", "pick_up", "leave", "turn_away"]
Hold = Literal["side", "front", "behind"]
CameraMove = Literal["held", "pan", "push", "shake"]
Light = Literal["soft", "hard", "dim", "warm"]
Wall = Literal["shelves", "studio", "planks", "curtain", "bricks", "rack", "night"]

AROUND: tuple[ProductKind, ...] = ("bottle", "jar", "carton", "brush", "lipstick", "phone")
"""Products that one hand closes around: only they can be held from in front or behind, put down and picked up."""

BROAD: tuple[ProductKind, ...] = ("bottle", "jar", "carton", "phone")
"""Those of them that can lie before an open hand."""


class ShotPlan(BaseModel):
    """One shot. What is left open (None) is drawn from the configuration's seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: Annotated[float, Field(gt=0)]
    kind: str = Field(default="", description="What the shot stands for in the truth and in reports.")
    people: int = Field(
        default=1, ge=0, le=2, description="The first one acts, the second one stands beside and talks."
    )
    product: ProductKind | Literal["none"] | None = None
    hand: Literal["left", "right"] | None = Field(default=None, description="The one that holds; both where it must.")
    hold: Hold = Field(default="side", description="Where the hand is, seen from the camera: beside the product, "
                       "in front of it (fingers hide it) or behind it.")  # fmt: skip
    action: Action = "present"
    camera: CameraMove = "held"
    light: Light = "soft"
    wall: Wall | None = None
    dark: bool = Field(default=False, description="A dark product before dark clothes.")
    foreground: bool = Field(default=False, description="A microphone on a stand before the person.")

    @model_validator(mode="after")
    def _can_be_acted(self) -> Self:
        if self.product not in AROUND:
            for what, asked in (
                ("hold", self.hold != "side"),
                ("action", self.action in ("put_down", "pick_up")),
            ):
                if asked:
                    raise ValueError(
                        f"{what}={getattr(self, what)!r} needs a product that one hand closes around, "
                        f"not {self.product!r}: use one of {', '.join(AROUND)}"
                    )
        if self.hold == "behind" and self.product not in BROAD:
            raise ValueError(
                f"hold='behind' needs a broad product, not {self.product!r}: use one of {', '.join(BROAD)}"
            )
        if self.product == "none" and self.action == "present":
            raise ValueError("there is no product to present: use action='talk'")
        if self.people == 0 and (self.product == "none" or self.action != "present"):
            raise ValueError("a shot without people shows a product: leave product and action open")
        return self


def _shot(kind: str, seconds: float = 3.52, **choices: object) -> ShotPlan:
    return ShotPlan.model_validate({"kind": kind, "seconds": seconds, **choices})


DEMO: tuple[ShotPlan, ...] = (
    ShotPlan(seconds=6.8, product="bottle"),
    ShotPlan(seconds=3.6, product="jar", hand="left", wall="planks"),
    ShotPlan(seconds=2.4, people=0),
    ShotPlan(seconds=6.6, product="cloth", wall="rack"),
    ShotPlan(seconds=3.6, product="box", wall="shelves"),
    ShotPlan(seconds=3.6, product="bottle", hand="right", wall="curtain"),
    ShotPlan(seconds=6.8, product="carton", hold="front", camera="pan"),
    ShotPlan(seconds=3.6, product="phone", hand="right", wall="night"),
    ShotPlan(seconds=3.6, product="bag", hand="left", wall="bricks"),
)
"""A livestream of 40 s with eight people, and several products and grips: windows with and without motion before them."""

GUEST: tuple[ShotPlan, ...] = (ShotPlan(seconds=6.6, product="carton", wall="studio"),)
"""One more person: who is held out when a model is trained on the demo."""

STUDIO: tuple[ShotPlan, ...] = (
    _shot("bottle", product="bottle", hand="right"),
    _shot("two hands", product="box", wall="bricks"),
    _shot("thin", product="brush", hand="left", wall="rack"),
    _shot("small", product="lipstick", hand="right", light="warm"),
    _shot("hand in front", product="carton", hand="left", hold="front", wall="night"),
    _shot("hand behind", product="phone", hand="right", hold="behind", wall="planks"),
    _shot("bag", product="bag", hand="left", camera="pan"),
    _shot("cloth", product="cloth", wall="curtain"),
    _shot("garment", product="coat", hand="right", wall="studio"),
    _shot("dark on dark", product="bottle", hand="left", dark=True, light="dim"),
    _shot("bowl", product="bowl", hand="right", camera="push", light="hard"),
    _shot("put down", product="jar", hand="right", action="put_down", seconds=4.0),
    _shot("picked up", product="carton", hand="left", action="pick_up", seconds=4.0, wall="shelves"),
    _shot("occluded", product="bottle", hand="right", foreground=True, wall="bricks"),
    _shot("shaking", product="jar", hand="left", camera="shake", wall="rack"),
    _shot("no product", product="none", action="talk"),
    _shot("two people", product="carton", hand="right", people=2),
    _shot("leaving", product="bottle", hand="left", action="leave"),
    _shot("turned away", product="box", action="turn_away"),
    _shot("nobody", product="jar", people=0),
)
"""One short shot of each kind; 3.52 s are 88 frames: a window of 81, the three that curation keeps away from each cut, one to spare."""
