"""Telling checkpoints of other models by the names of their tensors, so that an error can say what a file is."""

from __future__ import annotations

from collections.abc import Collection

MARKS = {
    "timestep_embedding.": "a folder of ours whose checkpoint.json is missing; copy the whole folder",
    "condition_embedder.": "Wan under the names of the diffusers library; give the original files (diffusion_pytorch_model*.safetensors)",
    "vace_blocks.": "Wan VACE (video editing)",
    "img_emb.": "Wan image-to-video (it embeds CLIP images)",
    "face_adapter.": "Wan-Animate",
    "motioner.": "a Wan speech-to-video model with another motion encoder than the frame packer",
    "token_embedding.": "the umT5 text encoder",
    "shared.weight": "the umT5 text encoder",
    "feature_extractor.": "a wav2vec 2.0 audio encoder",
    "wav2vec2.": "a wav2vec 2.0 audio encoder",
    "encoder.downsamples.": "the Wan VAE",
    "encoder.down_blocks.": "a VAE of the diffusers library",
    "double_blocks.": "FLUX or HunyuanVideo",
    "transformer_blocks.": "a transformer of the diffusers library",
}
"""Beginnings of tensor names that only one kind of model has; the first that is found tells."""

WAN_MARK, AUDIO_MARK = "patch_embedding.", "casual_audio_encoder."


def foreign_model(names: Collection[str]) -> str | None:
    """What other model tensors of these names make up, in words; None if nothing speaks against Wan2.2-S2V."""
    for mark, model in MARKS.items():
        if any(name.startswith(mark) for name in names):
            return model
    has_audio = any(name.startswith(AUDIO_MARK) for name in names)
    if any(name.startswith(WAN_MARK) for name in names) and not has_audio:
        return f"Wan text-to-video or image-to-video (it has no audio encoder: no tensor begins with {AUDIO_MARK})"
    return None
