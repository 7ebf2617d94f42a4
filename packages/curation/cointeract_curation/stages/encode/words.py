"""The text rows of a sample: its prompt, the HOI stream's, and what stands for both where training drops text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cointeract_model.codecs.protocols import TextCodec
from cointeract_model.switches import Switches
from cointeract_shards.encoded import TextInfo, TextRows
from cointeract_shards.tensor_file import StoredDtype


class TextEncoder:
    """Encodes prompts; what is the same for all samples is encoded once.

    Args:
        codec: of the text.
        switches: with the HOI prompt as training will have it.
        dtype: to store rows in.
        libraries: versions of what computes them.
    """

    def __init__(self, codec: TextCodec, switches: Switches, dtype: StoredDtype, libraries: dict[str, str]) -> None:
        self._codec = codec
        self._switches = switches
        self._dtype = dtype
        self._libraries = libraries
        self._hoi_empty = switches.hoi_prompt_of("")
        self._same_for_all = {text: self._encoded(text) for text in ("", self._hoi_empty)}

    def encode(self, prompt: str) -> TextRows:
        """Rows of a clip's texts, float32."""
        hoi = self._switches.hoi_prompt_of(prompt)
        info = TextInfo(
            codec=self._codec.name,
            key=self._codec.key,
            dtype=self._dtype,
            libraries=self._libraries,
            prompt=prompt,
            hoi_prompt=hoi,
            hoi_empty=self._hoi_empty,
        )
        return TextRows(
            info,
            prompt=self._rows(prompt),
            hoi=self._rows(hoi),
            empty=self._rows(info.empty),
            hoi_empty=self._rows(info.hoi_empty),
        )

    def _rows(self, text: str) -> NDArray[np.float32]:
        return self._same_for_all[text] if text in self._same_for_all else self._encoded(text)

    def _encoded(self, text: str) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = self._codec.encode(text).float().cpu().numpy()
        return rows
