"""JSON for the layers of the player: masks as plain runs, and the curve of the sound."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from cointeract_inspector.errors import ApiError
from cointeract_shards.constants import FPS
from cointeract_shards.object_masks import ObjectMasks

PEAKS_PER_FRAME = 10
DECIMALS = 3
FULL_SCALE = 1 << 15
SAMPLE_BYTES = 2


@dataclass(frozen=True)
class SoundFacts:
    """Rate and length of a sound file."""

    rate: int
    """Samples per second."""
    seconds: float


def masks_json(data: bytes, where: str) -> bytes:
    """`object_masks.json` with the runs of each frame as numbers: column by column, the first run outside of the object.

    Raises:
        RecordError, SchemaVersionError: it isn't such a record.
    """
    record = ObjectMasks.from_bytes(data, where=where)
    frames = [None if mask is None else mask.runs() for mask in record.masks]
    content = {"width": record.width, "height": record.height, "frames": frames}
    return json.dumps(content, separators=(",", ":")).encode()


def peaks_json(data: bytes, where: str) -> bytes:
    """Lowest and highest sample of each tenth of a frame, -1 to 1.

    Raises:
        ApiError: 404, it isn't a WAV file of 16 bit.
    """
    samples, rate = _samples(data, where)
    step = rate / FPS / PEAKS_PER_FRAME
    edges = np.arange(0, len(samples), step).astype(np.int64)
    if not len(edges):
        return json.dumps({"rate": rate, "per_frame": PEAKS_PER_FRAME, "peaks": []}).encode()
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    pairs = np.stack([low, high], axis=1) / FULL_SCALE
    content = {"rate": rate, "per_frame": PEAKS_PER_FRAME, "peaks": pairs.round(DECIMALS).tolist()}
    return json.dumps(content, separators=(",", ":")).encode()


def sound_facts(data: bytes, where: str) -> SoundFacts:
    """Rate and length of a WAV file.

    Raises:
        ApiError: 404, it isn't a WAV file of 16 bit.
    """
    samples, rate = _samples(data, where)
    return SoundFacts(rate, len(samples) / rate)


def _samples(data: bytes, where: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.int16]], int]:
    try:
        with wave.open(BytesIO(data)) as reader:
            if reader.getsampwidth() != SAMPLE_BYTES:
                raise ApiError(404, "not_decodable", f"{where} has {8 * reader.getsampwidth()} bits, not 16")
            channels, rate = reader.getnchannels(), reader.getframerate()
            samples = np.frombuffer(reader.readframes(reader.getnframes()), dtype="<i2")
    except (wave.Error, EOFError) as error:
        reason = str(error) or "it ends early"
        raise ApiError(404, "not_decodable", f"{where} isn't a WAV file: {reason}") from error
    return samples[: len(samples) // channels * channels].reshape(-1, channels)[:, 0], rate
