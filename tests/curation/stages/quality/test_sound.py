from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.media.audio import write_wav
from cointeract_curation.stages.quality.audio import read_audio
from cointeract_curation.stages.quality.config import SpeechConfig
from cointeract_curation.stages.quality.loudness import measure_loudness
from cointeract_curation.stages.quality.speech import CHUNK, SpeechDetector, speech_runs
from cointeract_shards.constants import AUDIO_SAMPLES, SAMPLE_RATE
from tests.curation.stages.quality.scenes import noise, tone

CLIPPING = 0.999
CONFIG = SpeechConfig()


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector()


@pytest.mark.parametrize("peak", [-40.0, -20.0, -6.0])
def test_a_tone_of_1_khz_has_the_loudness_that_bs_1770_gives_it(peak: float) -> None:
    # A mono sine of 997 Hz at full scale reads -3.01 LUFS (BS.1770-4, annex 1).
    measured = measure_loudness(tone(997.0, peak, AUDIO_SAMPLES), SAMPLE_RATE, CLIPPING)
    assert measured.integrated_lufs == pytest.approx(peak - 3.01, abs=0.1)
    assert measured.peak_dbfs == pytest.approx(peak, abs=0.01)
    assert measured.clipping_share == 0.0


def test_silence_has_finite_levels() -> None:
    measured = measure_loudness(np.zeros(AUDIO_SAMPLES, dtype=np.int16), SAMPLE_RATE, CLIPPING)
    assert (measured.integrated_lufs, measured.peak_dbfs, measured.clipping_share) == (-70.0, -96.0, 0.0)


def test_pauses_do_not_lower_the_loudness_of_what_sounds() -> None:
    half = tone(997.0, -20.0, AUDIO_SAMPLES)
    half[AUDIO_SAMPLES // 2 :] = 0
    assert measure_loudness(half, SAMPLE_RATE, CLIPPING).integrated_lufs == pytest.approx(-23.0, abs=1.0)


def test_clipped_samples_are_counted_on_both_sides() -> None:
    samples = np.zeros(10_000, dtype=np.int16)
    samples[:100], samples[100:150] = 32767, -32768
    measured = measure_loudness(samples, SAMPLE_RATE, CLIPPING)
    assert measured.clipping_share == 0.015
    assert measured.peak_dbfs == 0.0


def test_sound_too_short_for_a_loudness_is_an_error_and_not_a_value() -> None:
    with pytest.raises(RuntimeError, match="100 samples"):
        measure_loudness(tone(997.0, -20.0, 100), SAMPLE_RATE, CLIPPING)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(AUDIO_SAMPLES, dtype=np.int16), noise(-30.0, AUDIO_SAMPLES), tone(440.0, -12.0, AUDIO_SAMPLES)],
    ids=["silence", "noise", "tone"],
)
def test_what_is_not_a_voice_is_not_speech(samples: NDArray[np.int16], detector: SpeechDetector) -> None:
    speech = detector.measure(samples, CONFIG)
    assert speech.share < 0.1
    assert speech.longest_s == max((end - first for first, end in speech.runs), default=0) / SAMPLE_RATE


def test_a_clip_is_measured_alike_whatever_was_measured_before(detector: SpeechDetector) -> None:
    first = detector.probabilities(noise(-30.0, AUDIO_SAMPLES))
    detector.probabilities(tone(200.0, -6.0, AUDIO_SAMPLES))
    assert np.array_equal(detector.probabilities(noise(-30.0, AUDIO_SAMPLES)), first)


def test_probabilities_are_those_of_the_library(detector: SpeechDetector) -> None:
    import silero_vad
    import torch

    samples = noise(-20.0, 8_000) + tone(180.0, -15.0, 8_000)
    model = silero_vad.load_silero_vad(onnx=True)
    model.reset_states()
    padded = np.pad(samples.astype(np.float32) / 32768.0, (0, -len(samples) % CHUNK))
    expected = [model(torch.from_numpy(chunk), SAMPLE_RATE).item() for chunk in padded.reshape(-1, CHUNK)]
    assert detector.probabilities(samples).tolist() == expected


@given(st.lists(st.sampled_from([0.0, 0.1, 0.34, 0.35, 0.4, 0.5, 0.9]), min_size=1, max_size=80), st.integers(1, CHUNK))
@settings(max_examples=300, deadline=None)
def test_runs_of_speech_are_those_of_the_library(probabilities: list[float], in_last_chunk: int) -> None:
    from silero_vad.utils_vad import get_speech_timestamps_from_probs

    samples = (len(probabilities) - 1) * CHUNK + in_last_chunk
    expected = get_speech_timestamps_from_probs(
        probabilities, speech_pad_ms=0, neg_threshold=CONFIG.release, audio_length_samples=samples
    )
    found = speech_runs(np.array(probabilities), samples, CONFIG)
    assert found == [(run["start"], run["end"]) for run in expected]


def test_a_release_above_the_threshold_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"release 0\.6 lies above threshold 0\.5"):
        SpeechConfig(release=0.6)


def test_sound_is_read_as_it_was_written(tmp_path: Path) -> None:
    samples = noise(-20.0, 1000)
    write_wav(tmp_path / "audio.wav", samples, SAMPLE_RATE)
    assert np.array_equal(read_audio(tmp_path / "audio.wav"), samples)


def test_sound_of_another_rate_or_without_samples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "audio.wav"
    write_wav(path, noise(-20.0, 1000), 48_000)
    with pytest.raises(UnusableInputError, match="48000 Hz"):
        read_audio(path)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
    with pytest.raises(UnusableInputError, match="2 channel"):
        read_audio(path)
    write_wav(path, np.zeros(0, dtype=np.int16), SAMPLE_RATE)
    with pytest.raises(UnusableInputError, match="no samples"):
        read_audio(path)
