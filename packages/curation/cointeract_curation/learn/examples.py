"""Examples to learn from: maps of rendered frames with the object's mask, drawn from a seed and kept on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.learn.plans import draw_plan
from cointeract_curation.learn.restyle import restyle
from cointeract_curation.learn.shots import PAIRS, render_shot
from cointeract_curation.stages.object.evidence import gather
from cointeract_curation.stages.object.features import CHANNELS, feature_maps
from cointeract_curation.stages.object.person_mask import PersonMasker
from cointeract_curation.stages.object.view import View, view_of
from cointeract_curation.synth.config import SynthConfig
from cointeract_curation.synth.direct import shot_sound, stage_shot

SIZE = (480, 832)
SHORT_SIDE = 240
VIEW = (416, 240)
"""Rows, columns."""
STEP = 63.0
"""Of the maps' values from -2 to 2 in signed bytes."""
HALF = 0.5


@dataclass(frozen=True)
class Examples:
    """E shots of P frames in h x w."""

    maps: NDArray[np.int8]
    """(E, P, channels, h, w) in steps of 1 / `STEP`; the channel `own` is empty."""
    bins: NDArray[np.uint16]
    """(E, P, h, w)"""
    masks: NDArray[np.bool_]
    """(E, P, h, w)"""
    kinds: list[str]
    """(E,) the product's."""


def make_examples(folder: Path, count: int, seed: int) -> None:
    """Render ``count`` shots into a folder of memory-mapped arrays; the same seed gives the same examples."""
    folder.mkdir(parents=True, exist_ok=True)
    maps = _array(folder / "maps.npy", np.dtype(np.int8), (count, PAIRS, len(CHANNELS), *VIEW))
    bins = _array(folder / "bins.npy", np.dtype(np.uint16), (count, PAIRS, *VIEW))
    masks = _array(folder / "masks.npy", np.dtype(np.bool_), (count, PAIRS, *VIEW))
    kinds = []
    masker = PersonMasker()
    for number in range(count):
        kind = _example(np.random.default_rng([seed, number]), masker, maps[number], bins[number], masks[number])
        kinds.append(kind)
        (folder / "kinds.json").write_text(json.dumps(kinds))
    masker.close()


def _array(path: Path, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    made: NDArray[Any] = np.lib.format.open_memmap(path, "w+", kind, shape)  # type: ignore[no-untyped-call]
    return made


def _example(
    rng: np.random.Generator, masker: PersonMasker, maps: NDArray[np.int8], bins: NDArray[np.uint16],
    masks: NDArray[np.bool_],
) -> str:  # fmt: skip
    """Fill one shot's maps (P, channels, h, w), colour bins and masks; returns the product's kind."""
    import cv2

    config = SynthConfig(
        seed=int(rng.integers(1 << 30)), width=SIZE[0], height=SIZE[1], shots=(draw_plan(rng),), threads=1
    )
    shot = render_shot(restyle(stage_shot(config, 0, shot_sound(config, 0)), rng), SIZE, rng)
    view: View = view_of(shot.pictures, len(shot.pictures), SIZE, SHORT_SIDE)
    parts = np.stack([cv2.resize(part, VIEW[::-1], interpolation=cv2.INTER_NEAREST) for part in shot.parts])
    evidence = gather(view, shot.landmarks, shot.fit, parts, masker)
    looks = slice(0, len(shot.pictures), 2)
    maps[:] = np.round(feature_maps(view, evidence, looks, None) * STEP)
    bins[:] = evidence.bins[looks]
    for number, mask in enumerate(shot.masks[looks]):
        masks[number] = cv2.resize(mask.astype(np.float32), VIEW[::-1], interpolation=cv2.INTER_AREA) > HALF
    return config.shots[0].product or ""


def are_complete(folder: Path, count: int) -> bool:
    """Whether a folder holds ``count`` shots."""
    done = folder / "kinds.json"
    return done.exists() and len(json.loads(done.read_text())) == count


def load_examples(folder: Path) -> Examples:
    """What `make_examples` wrote, as far as it got."""
    kinds = json.loads((folder / "kinds.json").read_text())
    maps, bins, masks = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("maps", "bins", "masks"))
    return Examples(maps[: len(kinds)], bins[: len(kinds)], masks[: len(kinds)], kinds)
