"""ONNX Runtime sessions whose results don't depend on the number of cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# onnxruntime is imported inside functions so that light commands stay light.

ERRORS_ONLY = 3


def single_threaded_session(model: Path) -> Any:
    """An `onnxruntime.InferenceSession` on the CPU with one thread, so that sums keep their order."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
