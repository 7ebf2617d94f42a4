"""Where somebody speaks: Silero VAD, its ONNX model run without torch.

The model sees chunks of 512 samples (32 ms at 16 kHz), each after the last 64 samples of the one before, and carries
a state from chunk to chunk; every clip starts from a fresh one. Probabilities become runs of speech by the library's
own rule (`silero_vad.get_speech_timestamps`), which needs torch to be imported; a test holds this module to the same
result.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cointeract_curation.stages.quality.inference import single_threaded_session
from cointeract_shards.constants import SAMPLE_RATE

if TYPE_CHECKING:
    from cointeract_curation.stages.quality.config import SpeechConfig

CHUNK = 512
CONTEXT = 64
STATE_SHAPE = (2, 1, 128)
FULL_SCALE = 32768.0
MODEL_FILE = "silero_vad/data/silero_vad.onnx"


@dataclass(frozen=True)
class Speech:
    """Speech in a clip.

    Attributes:
        share: share of the clip that lies in runs of speech, 0..1.
        longest_s: the longest run in seconds.
        mean_probability: mean over chunks, 0..1.
        runs: ``(first, end)`` in samples, end past the last.
        probability: ``(C,)`` float64, one for each chunk of 32 ms.
    """

    share: float
    longest_s: float
    mean_probability: float
    runs: list[tuple[int, int]]
    probability: NDArray[np.float64]


class SpeechDetector:
    """Silero VAD on one thread. Holds no state between clips."""

    def __init__(self) -> None:
        model = Path(str(metadata.distribution("silero-vad").locate_file(MODEL_FILE)))
        self._session: Any = single_threaded_session(model)

    def probabilities(self, samples: NDArray[np.int16]) -> NDArray[np.float64]:
        """Probability of speech in each chunk of 512 samples at 16 kHz, the last one filled up with silence."""
        chunks = -(-len(samples) // CHUNK)
        signal = np.zeros(CONTEXT + chunks * CHUNK, dtype=np.float32)
        signal[CONTEXT : CONTEXT + len(samples)] = samples.astype(np.float32) / FULL_SCALE
        state = np.zeros(STATE_SHAPE, dtype=np.float32)
        rate = np.array(SAMPLE_RATE, dtype=np.int64)
        result = np.empty(chunks, dtype=np.float64)
        for chunk in range(chunks):
            window = signal[np.newaxis, chunk * CHUNK : chunk * CHUNK + CONTEXT + CHUNK]
            output, state = self._session.run(None, {"input": window, "state": state, "sr": rate})
            result[chunk] = float(output[0, 0])
        return result

    def measure(self, samples: NDArray[np.int16], config: SpeechConfig) -> Speech:
        """Speech in mono samples ``(N,)`` int16 at 16 kHz, N > 0."""
        probability = self.probabilities(samples)
        runs = speech_runs(probability, len(samples), config)
        spoken = [end - first for first, end in runs]
        return Speech(
            share=sum(spoken) / len(samples),
            longest_s=max(spoken, default=0) / SAMPLE_RATE,
            mean_probability=float(probability.mean()),
            runs=runs,
            probability=probability,
        )


def speech_runs(probability: NDArray[np.float64], samples: int, config: SpeechConfig) -> list[tuple[int, int]]:
    """Runs of speech as ``(first, end)`` in samples.

    A run starts with the chunk whose probability reaches ``threshold``. It ends where the probability fell below
    ``release`` and didn't reach ``threshold`` again before ``shortest_silence_s`` had passed. Runs no longer than
    ``shortest_speech_s`` are dropped.
    """
    shortest_speech = config.shortest_speech_s * SAMPLE_RATE
    shortest_silence = config.shortest_silence_s * SAMPLE_RATE
    runs: list[tuple[int, int]] = []
    start: int | None = None
    pause: int | None = None
    for chunk, value in enumerate(probability):
        at = chunk * CHUNK
        if value >= config.threshold:
            start = at if start is None else start
            pause = None
        elif value < config.release and start is not None:
            pause = at if pause is None else pause
            if at - pause >= shortest_silence:
                runs.append((start, pause))
                start = pause = None
    if start is not None:
        runs.append((start, samples))
    return [(first, end) for first, end in runs if end - first > shortest_speech]
