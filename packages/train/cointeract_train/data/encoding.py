"""Features of a draw made on the fly: the sample's own media decoded and encoded, as curation's stage `encode` caches them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cointeract_model.codecs.bucket_pixels import contained, covering, normalised
from cointeract_model.codecs.joint import Phase, encode_hoi, encode_pose, encode_with_motion, encode_without_motion
from cointeract_model.codecs.loudness import gain_towards
from cointeract_model.switches import Switches
from cointeract_shards import media, members
from cointeract_shards.constants import MOTION_FRAMES, SAMPLE_RATE, TARGET_FRAMES
from cointeract_shards.records import Meta
from cointeract_train.data.catalogue import Entry
from cointeract_train.data.codecs import Codecs
from cointeract_train.data.config import DataConfig
from cointeract_train.data.decoding import decode_frames, decode_sound
from cointeract_train.data.errors import SampleError
from cointeract_train.data.features import Part, Visuals, Wanted, Words

LOUDNESS_SCORE = "quality.loudness_lufs"
"""The score in `meta.json` that says how loud the sound is."""

KEPT_TEXTS = 64
"""Encoded texts that a worker keeps: the HOI template and the empty prompt come with every sample."""

Members = Mapping[str, bytes]


def media_of(part: Part, wanted: Wanted, config: DataConfig) -> list[str]:
    """The members that a part is encoded from, besides `meta.json`."""
    if part == "text":
        return []
    if part == "audio":
        return [members.AUDIO]
    chosen = {members.RGB: True, members.PERSON: True, members.PRODUCT: True}
    chosen |= {members.HOI: config.hoi, members.MOTION: wanted.motion, members.POSE: wanted.pose}
    return [name for name, needed in chosen.items() if needed]


class SampleEncoder:
    """Encodes what a draw needs, and no more. One for each process; sums don't depend on its threads.

    Args:
        config: of the data.
    """

    def __init__(self, config: DataConfig) -> None:
        self._config = config
        self._codecs = Codecs(config)
        self._phase = Phase(config.hoi_phase)
        self._switches = Switches(hoi_prompt=config.hoi_prompt)
        self._rows: dict[str, Tensor] = {}

    def visuals(self, entry: Entry, content: Members, meta: Meta, wanted: Wanted) -> Visuals:
        """Latents of a draw; `content` has the members of `media_of`.

        Raises:
            SampleError: a video or picture doesn't decode, or isn't of its sample's size and length.
        """
        codec, phase, motion = self._codecs.latents, self._phase, wanted.motion
        size = (meta.width, meta.height)

        def video(name: str, frames: int = TARGET_FRAMES) -> Tensor:
            decoded = decode_frames(content[name], frames, size, where=entry.where(name))
            return normalised(covering(decoded, entry.bucket))

        with single_thread(), torch.no_grad():
            person = normalised(covering([_picture(entry, content, members.PERSON)], entry.bucket))
            product = normalised(contained(_picture(entry, content, members.PRODUCT), entry.bucket))
            target = video(members.RGB)
            if motion:
                joint = encode_with_motion(codec, video(members.MOTION, MOTION_FRAMES), target)
            else:
                joint = encode_without_motion(codec, person, target)
            hoi = pose = None
            if self._config.hoi:
                hoi = encode_hoi(codec, video(members.HOI), with_motion=motion, phase=phase)[0]
            if wanted.pose:
                pose = encode_pose(codec, video(members.POSE), with_motion=motion, phase=phase)[0]
            return Visuals(
                target=joint.target[0].contiguous(),
                person=codec.encode(person)[0],
                product=codec.encode(product)[0],
                product_scale=meta.product_scale if meta.product_scale is not None else self._config.product_scale,
                hoi=hoi,
                motion=None if joint.motion is None else joint.motion[0].contiguous(),
                pose=pose,
            )

    def words(self, entry: Entry, meta: Meta, wanted: Wanted) -> Words:
        """Rows of a draw's texts.

        Raises:
            SampleError: the sample has no prompt.
        """
        if meta.prompt is None:
            raise SampleError(f"{entry.where(members.META)}: states no prompt; caption the sample first")
        prompt = meta.prompt if wanted.text else ""
        hoi = self._encoded(self._switches.hoi_prompt_of(prompt)) if self._config.hoi else None
        return Words(self._encoded(prompt), hoi)

    def audio(self, entry: Entry, content: Members, meta: Meta) -> Tensor:
        """Features (layers, dim, 81) of `audio.wav`.

        Raises:
            SampleError: it isn't the sound that the contract states.
        """
        samples = decode_sound(content[members.AUDIO], where=entry.where(members.AUDIO))
        measured = meta.scores.get(LOUDNESS_SCORE)
        loudness = float(measured) if isinstance(measured, int | float) else None
        louder = samples * np.float32(gain_towards(samples, loudness, self._config.loudness).factor)
        with single_thread(), torch.no_grad():
            return self._codecs.audio.encode(torch.from_numpy(louder), SAMPLE_RATE, TARGET_FRAMES).float().cpu()

    def _encoded(self, text: str) -> Tensor:
        if text not in self._rows:
            if len(self._rows) == KEPT_TEXTS:
                self._rows.pop(next(iter(self._rows)))
            with single_thread(), torch.no_grad():
                self._rows[text] = self._codecs.text.encode(text).float().cpu()
        return self._rows[text]


@contextmanager
def single_thread() -> Iterator[None]:
    """One thread within: sums are split among threads, so their number would change the last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _picture(entry: Entry, content: Members, name: str) -> NDArray[np.uint8]:
    return media.decode_image(content[name], where=entry.where(name))
