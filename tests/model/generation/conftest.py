"""Files of a small request, and the tiny model at a small size."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cointeract_model.generation.parts import Parts, load_parts
from cointeract_model.generation.prepare import Prepared, prepare
from cointeract_model.generation.request import Request
from cointeract_model.generation.settings import GenerationSettings, build_settings

SECONDS = 4.0  # two clips: 80 frames and 20
SMALL: dict[str, Any] = {
    "height": 64,
    "width": 80,
    "steps": 2,
    "codecs": {"text": {"name": "hashed-text", "max_tokens": 16}},
}


def write_wav(path: Path, samples: NDArray[np.float64], rate: int) -> Path:
    """16-bit WAV of (n,) or (n, channels) from -1 to 1."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def voice(seconds: float, rate: int = 16_000) -> NDArray[np.float64]:
    """Something like speech: a tone that comes and goes three times a second."""
    times = np.arange(round(seconds * rate)) / rate
    return 0.2 * np.sin(2 * np.pi * (180 + 60 * np.sin(times)) * times) * np.sin(2 * np.pi * 1.5 * times) ** 2


def write_pictures(folder: Path) -> tuple[Path, Path]:
    """A person, higher than wide, and a product on white."""
    rows, columns = np.mgrid[0:150, 0:100]
    person = np.stack([columns * 2.5, rows * 1.7, 128 + 0 * rows], -1).astype(np.uint8)
    product = np.full((90, 90, 3), 255, np.uint8)
    product[20:80, 30:60] = (200, 30, 40)
    for name, pixels in (("person.png", person), ("product.png", product)):
        Image.fromarray(pixels).save(folder / name)
    return folder / "person.png", folder / "product.png"


def small(**changes: Any) -> GenerationSettings:
    """Settings that take well under a second a clip."""
    return build_settings(SMALL | changes, "test")


def parts_of(**changes: Any) -> Parts:
    """The tiny model with these settings."""
    return load_parts(small(**changes))


@pytest.fixture(scope="session")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """Two clips with a prompt each."""
    folder = tmp_path_factory.mktemp("request")
    person, product = write_pictures(folder)
    audio = write_wav(folder / "speech.wav", voice(SECONDS), 16_000)
    return Request(person, audio, ("she lifts the cup", "she smiles"), product)


@pytest.fixture(scope="session")
def prepared(request_: Request) -> Prepared:
    """The same, decoded."""
    return prepare(request_, small())
