"""wav2vec 2.0: all hidden states of the speech encoder, a column for each video frame.

The released model was trained with `wav2vec2-large-xlsr-53-chinese-zh-cn`, 25 states of 1,024: the input of each of 24 layers, and
the output of the last after the final layer norm.

The encoder has a feature each 20 ms. Of `640 n` samples it makes `2 n - 1`, and linear interpolation from the first to the last
(`align_corners`) onto n frames takes every second one exactly, so frame k has the feature that begins with its first sample.
The number of frames is given, not computed from the features: rounding would lose one.

The feature extractor brings the sound it is given to mean 0 and variance 1, so features depend on which window is encoded together:
a clip's differ from the same moments' in a longer recording. What is trained on one window should be given the like.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cointeract_model.codecs import weights
from cointeract_model.codecs.audio_input import check_sound
from cointeract_model.codecs.errors import CodecUnavailableError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

UNUSED = ("masked_spec_embed",)
"""Weights that only training uses; some checkpoints have none."""


class Wav2Vec2Codec:
    """See the module."""

    name = "wav2vec2"

    def __init__(self, folder: Path, device: torch.device | str = "cpu") -> None:
        """Load a folder in the form of the transformers library, encoder alone or with a head; computes in float32.

        Raises:
            CodecUnavailableError: no transformers library, no such folder, or weights of another model.
        """
        transformers = weights.require("transformers", self.name)
        weights.require_path(
            folder, self.name, "a folder of the transformers library, such as wav2vec2-large-xlsr-53-chinese-zh-cn"
        )
        try:
            self._extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder, local_files_only=True)
            self._model, loaded = transformers.Wav2Vec2Model.from_pretrained(
                folder, local_files_only=True, output_loading_info=True
            )
        except weights.LOADING_ERRORS as error:
            raise CodecUnavailableError(f"codec {self.name} can't load {folder}: {error}") from error
        missing = [name for name in loaded["missing_keys"] if not name.endswith(UNUSED)]
        weights.check_tensors((), missing, folder, self.name)
        weights.check_finite(self._model, folder, self.name)
        self._model = self._model.float().eval().requires_grad_(requires_grad=False).to(device)
        self.layers = self._model.config.num_hidden_layers + 1
        self.dim = self._model.config.hidden_size
        self.key = f"{self.name}:{weights.fingerprint(folder)}"

    def encode(self, samples: Tensor, sample_rate: int, frames: int) -> Tensor:
        """Features (25, 1024, frames), float32, of (640 * frames,) samples at 16 kHz, all normalised together.

        Raises:
            CodecInputError: another rate, no sound, too short, or not as long as the frames.
        """
        import torch
        from torch.nn import functional

        check_sound(samples, sample_rate, frames)
        prepared = self._extractor(samples.cpu().float().numpy(), sampling_rate=sample_rate, return_tensors="pt")
        with torch.no_grad():
            output = self._model(prepared.input_values.to(self._model.device), output_hidden_states=True)
        # The last of `hidden_states` is before the final layer norm from version 5 of the library on, and after it up to 4.
        states = torch.cat([*output.hidden_states[:-1], output.last_hidden_state])  # (25, features, 1024)
        columns = functional.interpolate(states.transpose(1, 2), size=frames, mode="linear", align_corners=True)
        return columns.to(samples.device)
