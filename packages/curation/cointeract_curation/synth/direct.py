"""Directing: who shows what in which shot, from the configuration's seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.human.body import heads_of
from cointeract_curation.human.hands import Side
from cointeract_curation.synth.config import SynthConfig
from cointeract_curation.synth.figure import make_figure
from cointeract_curation.synth.look import draw_look
from cointeract_curation.synth.performance import perform
from cointeract_curation.synth.products import ProductKind, make_product
from cointeract_curation.synth.scene import figure_camera, make_backdrop, make_lighting, table_camera
from cointeract_curation.synth.speech import SAMPLE_RATE, Sound, room_tone, speak
from cointeract_curation.synth.staging import PersonShot, StagedShot

Floats = NDArray[np.float64]

PRODUCT_ORDER: tuple[ProductKind, ...] = ("bottle", "box", "jar", "bowl", "carton")
MOVEMENT, VOICE = 1, 2  # streams of random numbers that don't disturb each other


def _person_number(config: SynthConfig, shot: int) -> int:
    return sum(earlier not in config.shots_without_person for earlier in range(shot))


def shot_sound(config: SynthConfig, shot: int) -> Sound:
    """The sound of one shot, as long as its picture to the sample."""
    first, last = (round(frames / config.fps * SAMPLE_RATE) for frames in frame_span(config, shot))
    rng = np.random.default_rng([config.seed, shot, VOICE])
    if shot in config.shots_without_person:
        return Sound(room_tone(rng, last - first), np.zeros(last - first))
    female = (_person_number(config, shot) + config.seed) % 2 == 0
    return speak(rng, last - first, female)


def frame_span(config: SynthConfig, shot: int) -> tuple[int, int]:
    """First frame of a shot, and of the next."""
    first = sum(config.shot_frames[:shot])
    return first, first + config.shot_frames[shot]


def stage_shot(config: SynthConfig, shot: int, sound: Sound) -> StagedShot:
    """Stage one shot; `sound` moves the mouth."""
    rng = np.random.default_rng([config.seed, shot, MOVEMENT])
    number = shot + config.seed
    size = (config.width, config.height)
    times = np.arange(config.shot_frames[shot]) / float(config.fps)
    product = make_product(PRODUCT_ORDER[number % len(PRODUCT_ORDER)], rng, number)
    lighting = make_lighting(rng)
    if shot in config.shots_without_person:
        return StagedShot(
            label=f"{product.kind} on a table",
            person=None,
            product=product,
            product_rotation=np.broadcast_to(np.eye(3, dtype=np.float32), (len(times), 3, 3)),
            product_place=np.zeros((len(times), 3), np.float32),
            held_by=None,
            cameras=table_camera(size, times, rng),
            backdrop=make_backdrop(number, rng, 0.2, -product.size[2] / 2),
            lighting=lighting,
        )
    look = draw_look(rng, _person_number(config, shot) + config.seed)
    figure = make_figure(look, rng)
    side: Side = "right" if number % 2 == 0 else "left"
    loudness = np.interp(times, np.arange(len(sound.loudness)) / SAMPLE_RATE, sound.loudness)
    acted = perform(figure.rest, product, side, times, loudness, rng)
    rotations = acted.rotations.astype(np.float32)
    heads = heads_of(figure.rest, rotations, acted.heads[:, 0].astype(np.float32))
    person = PersonShot(figure, figure.dress.astype(np.float32), rotations, heads, acted.actions.astype(np.float32))
    hip, crown = float(figure.rest.heads[0, 2]), float(figure.rest.vertices[:, 2].max())
    return StagedShot(
        label=f"{'woman' if look.female else 'man'} with a {product.kind}",
        person=person,
        product=product,
        product_rotation=acted.product_rotation.astype(np.float32),
        product_place=acted.product_place.astype(np.float32),
        held_by="both" if product.grip == "both" else side,
        cameras=figure_camera(hip, crown, size, times, rng),
        backdrop=make_backdrop(number, rng, (hip + crown) / 2, None),
        lighting=lighting,
    )
