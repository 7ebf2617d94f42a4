"""Directing: who shows what in which shot, from the configuration's plans and seed."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import heads_of
from cointeract_curation.human.hands import Side
from cointeract_curation.synth import roaming, soft
from cointeract_curation.synth.config import SynthConfig
from cointeract_curation.synth.figure import Figure, make_figure
from cointeract_curation.synth.look import Look, darkened, draw_look
from cointeract_curation.synth.performance import Part, Performance, perform
from cointeract_curation.synth.plan import ProductKind, ShotPlan
from cointeract_curation.synth.products import Product, make_product
from cointeract_curation.synth.props import Prop, microphone, table
from cointeract_curation.synth.scene import figure_camera, make_backdrop, make_lighting, table_camera
from cointeract_curation.synth.speech import SAMPLE_RATE, Sound, room_tone, speak
from cointeract_curation.synth.staging import PersonShot, ProductShot, StagedShot
from cointeract_curation.synth.tabling import table_height

Floats = NDArray[np.float64]

PRODUCT_ORDER: tuple[ProductKind, ...] = ("bottle", "box", "jar", "bowl", "carton")
MOVEMENT, VOICE, BESIDE = 1, 2, 3  # streams of random numbers that don't disturb each other
ONE_HAND = ("wrap", "palm", "hook")


def _person_number(config: SynthConfig, shot: int) -> int:
    return sum(plan.people for plan in config.shots[:shot])


def shot_sound(config: SynthConfig, shot: int) -> Sound:
    """The sound of one shot, as long as its picture to the sample."""
    first, last = (round(frames / config.fps * SAMPLE_RATE) for frames in frame_span(config, shot))
    rng = np.random.default_rng([config.seed, shot, VOICE])
    if not config.shots[shot].people:
        return Sound(room_tone(rng, last - first), np.zeros(last - first))
    female = (_person_number(config, shot) + config.seed) % 2 == 0
    return speak(rng, last - first, female)


def frame_span(config: SynthConfig, shot: int) -> tuple[int, int]:
    """First frame of a shot, and of the next."""
    first = sum(config.shot_frames[:shot])
    return first, first + config.shot_frames[shot]


def stage_shot(config: SynthConfig, shot: int, sound: Sound) -> StagedShot:
    """Stage one shot; `sound` moves the mouth."""
    plan = config.shots[shot]
    rng = np.random.default_rng([config.seed, shot, MOVEMENT])
    number = shot + config.seed
    times = np.arange(config.shot_frames[shot]) / float(config.fps)
    product = None
    if plan.product != "none":
        product = make_product(plan.product or PRODUCT_ORDER[number % len(PRODUCT_ORDER)], rng, number, plan.dark)
    lighting = make_lighting(rng, plan.light)
    size = (config.width, config.height)
    if not plan.people:
        assert product is not None  # the plan is checked
        return StagedShot(
            label=f"{product.kind} on a table",
            kind=plan.kind or "nobody",
            people=(),
            item=_standing(product, len(times)),
            props=(),
            held_by=None,
            cameras=table_camera(size, times, rng),
            backdrop=make_backdrop(number, rng, 0.2, -product.size[2] / 2, plan.wall),
            lighting=lighting,
        )
    person_number = _person_number(config, shot) + config.seed
    look = _look(plan, rng, person_number)
    figure = make_figure(look, rng)
    side: Side = plan.hand or ("right" if number % 2 == 0 else "left")
    loudness = np.interp(times, np.arange(len(sound.loudness)) / SAMPLE_RATE, sound.loudness)
    acted = perform(figure.rest, Part(product, side, plan.hold, plan.action), times, loudness, rng)
    hip, crown = float(figure.rest.heads[0, 2]), float(figure.rest.vertices[:, 2].max())
    return StagedShot(
        label=_label(look, product),
        kind=plan.kind or (product.kind if product is not None else plan.action),
        people=(_cast(figure, acted), *_beside(config, plan, shot, side, times)),
        item=_carried(product, acted, times, rng),
        props=_props(plan, figure, side, rng),
        held_by=_held_by(product, side),
        cameras=figure_camera(hip, crown, size, times, rng, plan.camera),
        backdrop=make_backdrop(number, rng, (hip + crown) / 2, None, plan.wall),
        lighting=lighting,
    )


def _label(look: Look, product: Product | None) -> str:
    return f"{'woman' if look.female else 'man'}{f' with a {product.kind}' if product is not None else ''}"


def _look(plan: ShotPlan, rng: np.random.Generator, number: int) -> Look:
    look = draw_look(rng, number)
    return darkened(look) if plan.dark else look


def _held_by(product: Product | None, side: Side) -> Literal["left", "right", "both"] | None:
    if product is None:
        return None
    return side if product.grip in ONE_HAND else "both"


def _cast(figure: Figure, acted: Performance) -> PersonShot:
    rotations = acted.rotations.astype(np.float32)
    heads = heads_of(figure.rest, rotations, acted.heads[:, 0].astype(np.float32))
    return PersonShot(figure, figure.dress.astype(np.float32), rotations, heads, acted.actions.astype(np.float32))


def _standing(product: Product, frames: int) -> ProductShot:
    still = np.broadcast_to(np.eye(3, dtype=np.float32), (frames, 3, 3))
    return ProductShot(product, still, np.zeros((frames, 3), np.float32), None)


def _carried(
    product: Product | None, acted: Performance, times: Floats, rng: np.random.Generator
) -> ProductShot | None:
    if product is None or acted.carried is None:
        return None
    turn, place = acted.carried
    shape = None
    if product.soft:
        shape = soft.drape(product.mesh.vertices, place, times, rng)
    return ProductShot(product, turn.astype(np.float32), place.astype(np.float32), shape)


def _beside(config: SynthConfig, plan: ShotPlan, shot: int, side: Side, times: Floats) -> tuple[PersonShot, ...]:
    """The second person, where there is one: beside and behind the first, at the side of the free hand, and silent."""
    if plan.people < 2:  # noqa: PLR2004
        return ()
    rng = np.random.default_rng([config.seed, shot, BESIDE])
    figure = make_figure(draw_look(rng, _person_number(config, shot) + config.seed + 1), rng)
    acted = perform(figure.rest, Part(None, side, action="talk"), times, np.zeros_like(times), rng)
    sign = -1.0 if side == "left" else 1.0
    rotations, heads, actions, _ = roaming.stand_aside(sign, acted.rotations, acted.heads, acted.actions)
    return (_cast(figure, dataclasses.replace(acted, rotations=rotations, heads=heads, actions=actions)),)


def _props(plan: ShotPlan, figure: Figure, side: Side, rng: np.random.Generator) -> tuple[Prop, ...]:
    props: list[Prop] = []
    if plan.action in ("put_down", "pick_up"):
        props.append(table(table_height(figure.rest), rng))
    if plan.foreground:
        props.append(microphone(float(figure.rest.heads[0, 2]), side, rng))
    return tuple(props)
