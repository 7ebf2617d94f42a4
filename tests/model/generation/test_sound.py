"""Sound of all kinds."""

from __future__ import annotations

import logging
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cointeract_model.generation.errors import GenerationError
from cointeract_model.generation.loudness import integrated_loudness, normalise
from cointeract_model.generation.sound import load_sound
from tests.model.generation.conftest import voice, write_wav


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rate=st.sampled_from([8000, 16000, 22050, 44100, 48000]), channels=st.integers(1, 3), frames=st.integers(12, 60))
def test_any_rate_and_channels_keep_the_length(tmp_path: Path, rate: int, channels: int, frames: int) -> None:
    samples = np.repeat(voice(frames / 25, rate)[:, None], channels, axis=1)
    sound = load_sound(write_wav(tmp_path / "a.wav", samples, rate), -23.0)
    assert abs(len(sound.samples) - 640 * frames) <= 2
    assert abs(sound.track.shape[1] - 1920 * frames) <= 4
    assert len(sound.track) == min(channels, 2)
    assert sound.frames in {frames, frames + 1}


def test_sound_at_16_khz_is_taken_sample_by_sample(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    samples = voice(2)
    sound = load_sound(write_wav(tmp_path / "a.wav", samples, 16_000), None)
    assert np.abs(sound.samples - samples).max() < 1 / 16_000
    assert "turned into" not in caplog.text


def test_resampling_is_said_and_moves_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    samples = np.zeros(44_100 * 2)
    samples[44_100 + np.arange(20)] = 0.9
    sound = load_sound(write_wav(tmp_path / "a.wav", np.stack([samples] * 2, 1), 44_100), None)
    assert abs(int(np.abs(sound.samples).argmax()) - 16_000) <= 8
    assert abs(int(np.abs(sound.track[0]).argmax()) - 48_000) <= 24
    assert "44100 Hz, 2 channels were turned into 16000 Hz, mono" in caplog.text


@pytest.mark.parametrize("amplitude", [0.01, 0.1, 0.9])
def test_the_model_hears_everything_at_minus_23_lufs_and_the_file_carries_it_as_it_was(
    tmp_path: Path, amplitude: float
) -> None:
    samples = voice(3) * amplitude * 4
    sound = load_sound(write_wav(tmp_path / "a.wav", samples, 16_000), -23.0)
    assert integrated_loudness(sound.samples, 16_000) == pytest.approx(-23, abs=0.15)
    assert np.abs(sound.track).max() == pytest.approx(np.abs(samples).max(), rel=0.02)


def test_loudness_is_that_of_the_standard() -> None:
    """BS.1770: a 997 Hz sine at full scale in one channel reads -3.01 LUFS, so one 20 dB below reads -23.01."""
    times = np.arange(5 * 48_000) / 48_000
    tone = (10 ** (-20 / 20) * np.sin(2 * np.pi * 997 * times)).astype(np.float32)
    assert integrated_loudness(tone, 48_000) == pytest.approx(-23.01, abs=0.1)


def test_silence_stays_silence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sound = load_sound(write_wav(tmp_path / "a.wav", np.zeros(16_000), 16_000), -23.0)
    assert not sound.samples.any()
    assert "the sound is silent" in caplog.text


def test_a_lone_peak_is_not_amplified_beyond_what_codecs_take(caplog: pytest.LogCaptureFixture) -> None:
    samples = (1e-3 * voice(3)).astype(np.float32)
    samples[20_000] = 0.9
    louder = normalise(samples, 16_000, -5.0)
    assert np.abs(louder).max() <= 8.0001
    assert "less than asked for" in caplog.text


def test_bad_files_are_named(tmp_path: Path) -> None:
    write_wav(tmp_path / "none.wav", np.zeros(0), 16_000)
    write_wav(tmp_path / "short.wav", voice(0.3), 16_000)
    (tmp_path / "text.wav").write_text("not sound")
    (tmp_path / "nothing.wav").touch()
    for name, message in (
        ("missing.wav", "there is no such file"),
        ("none.wav", "is empty"),
        ("short.wav", "lasts 0.300 s: give at least 0.4 s"),
        ("text.wav", "doesn't decode"),
        ("nothing.wav", "doesn't decode"),
    ):
        with pytest.raises(GenerationError, match=message):
            load_sound(tmp_path / name, -23.0)


def test_a_picture_is_no_sound(request_: object, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    with pytest.raises(GenerationError, match="has no audio stream"):
        load_sound(tmp_path / "a.png", -23.0)


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (48_000, 1), (48_000, 2)])
def test_floating_point_sound_is_read_to_its_end(tmp_path: Path, rate: int, channels: int) -> None:
    from scipy.io import wavfile

    samples = np.repeat(voice(1, rate).astype(np.float32)[:, None], channels, axis=1)
    wavfile.write(tmp_path / "a.wav", rate, samples)
    sound = load_sound(tmp_path / "a.wav", -23.0)
    assert len(sound.samples) == 16_000
    assert sound.track.shape == (channels, 48_000)


def test_samples_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    from scipy.io import wavfile

    samples = voice(1).astype(np.float32)
    samples[500] = np.nan
    wavfile.write(tmp_path / "a.wav", 16_000, samples)
    with pytest.raises(GenerationError, match="aren't finite"):
        load_sound(tmp_path / "a.wav", -23.0)


def test_sound_of_a_wav_file_that_was_cut_is_what_is_there(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", voice(2), 16_000)
    path.write_bytes(path.read_bytes()[: 44 + 2 * 16_000])
    with wave.open(str(path)) as file:
        assert file.getnframes() == 32_000  # what its header promises
    assert load_sound(path, None).seconds == pytest.approx(1)
