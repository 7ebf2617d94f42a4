from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cointeract_model.codecs.audio_input import fit_sound, frames_of
from cointeract_model.codecs.errors import CodecInputError
from cointeract_model.codecs.log_mel import DEVIATION, MEAN, LogMelCodec, mel_filters

RATE, FRAME = 16_000, 640


def noise(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(FRAME * frames, generator=torch.Generator().manual_seed(seed)) * 0.1


@settings(max_examples=20, deadline=None)
@given(layers=st.integers(1, 6), bands=st.integers(2, 80), stack=st.integers(1, 3), hop=st.integers(1, 400))
def test_features_have_the_configured_shape(layers: int, bands: int, stack: int, hop: int) -> None:
    codec = LogMelCodec(layers, bands, stack, hop)
    features = codec.encode(noise(7), RATE, 7)
    assert features.shape == (codec.layers, codec.dim, 7) == (layers, bands * stack, 7)
    assert features.dtype == torch.float32
    assert bool(features.isfinite().all())


def test_the_model_s_own_shape_can_be_had() -> None:
    codec = LogMelCodec(layers=25, bands=64, stack=16, hop=40)
    assert codec.encode(noise(81), RATE, 81).shape == (25, 1024, 81)


@pytest.mark.parametrize("frame", [0, 1, 500, 2999])
def test_a_click_in_a_frame_s_middle_is_loudest_in_that_frame_however_late(frame: int) -> None:
    samples = torch.zeros(3000 * FRAME)
    samples[frame * FRAME + FRAME // 2] = 1.0
    loudness = LogMelCodec().encode(samples, RATE, 3000).mean((0, 1))
    assert int(loudness.argmax()) == frame


def test_layers_are_windows_in_order_of_time() -> None:
    codec = LogMelCodec(layers=4)
    for layer in range(4):
        samples = torch.zeros(5 * FRAME)
        samples[2 * FRAME + 80 + 160 * layer] = 1.0
        loudness = codec.encode(samples, RATE, 5)[:, :, 2].mean(1)
        assert int(loudness.argmax()) == layer


def test_features_do_not_depend_on_where_the_recording_begins() -> None:
    samples = noise(40)
    codec = LogMelCodec()
    whole = codec.encode(samples, RATE, 40)
    part = codec.encode(samples[10 * FRAME : 30 * FRAME], RATE, 20)
    torch.testing.assert_close(
        part[:, :, 2:-2], whole[:, :, 12:28]
    )  # away from the silence that stands for what isn't there


@pytest.mark.parametrize("frequency", [200.0, 1000.0, 5000.0])
def test_a_tone_is_loudest_in_its_band(frequency: float) -> None:
    samples = torch.sin(2 * math.pi * frequency * torch.arange(10 * FRAME) / RATE)
    band = int(LogMelCodec().encode(samples, RATE, 10)[0, :, 5].argmax())
    filters = mel_filters(32)
    assert abs(int(filters[round(frequency / RATE * 1024)].argmax()) - band) <= 1


def test_silence_is_finite_and_sound_is_louder() -> None:
    silence = LogMelCodec().encode(torch.zeros(5 * FRAME), RATE, 5)
    assert silence == pytest.approx(torch.full_like(silence, (math.log(1e-6) - MEAN) / DEVIATION))
    assert bool((LogMelCodec().encode(noise(5), RATE, 5) > silence).all())


@given(samples=st.integers(1, 5000))
def test_sound_is_cut_or_padded_to_whole_frames(samples: int) -> None:
    sound = torch.ones(samples)
    frames = frames_of(samples)
    fitted = fit_sound(sound, frames)
    assert len(fitted) == FRAME * frames
    assert 0 <= len(fitted) - samples < FRAME
    assert float(fitted.sum()) == samples
    assert len(fit_sound(sound, 2)) == 2 * FRAME


@pytest.mark.parametrize(
    ("samples", "rate", "frames", "message"),
    [
        (torch.zeros(FRAME), 48_000, 1, "48000 samples a second; resample"),
        (torch.zeros(0), RATE, 0, "empty"),
        (torch.zeros(399), RATE, 1, "399 samples is shorter"),
        (torch.zeros(80 * FRAME), RATE, 81, "51200 samples for 81 frames; 51840"),
        (torch.zeros(2, FRAME), RATE, 1, r"\(2, 640\)"),
        (torch.zeros(FRAME, dtype=torch.int16), RATE, 1, "int16"),
        (torch.full((FRAME,), 20_000.0), RATE, 1, "20000"),
        (torch.full((FRAME,), math.nan), RATE, 1, "nan"),
    ],
)
def test_bad_sound_is_named(samples: torch.Tensor, rate: int, frames: int, message: str) -> None:
    with pytest.raises(CodecInputError, match=message):
        LogMelCodec().encode(samples, rate, frames)


def test_bad_options_are_named() -> None:
    with pytest.raises(ValueError, match="layers is 0"):
        LogMelCodec(layers=0)
    with pytest.raises(ValueError, match="400 mel bands are too many"):
        LogMelCodec(bands=400)
