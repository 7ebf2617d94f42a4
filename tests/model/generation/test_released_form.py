"""The whole way with everything in the released form: checkpoint on its base, Wan's VAE, umT5, wav2vec 2.0; all tiny and random."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import pytest
import torch

from cointeract_model.checkpoints.export import export_base, export_cointeract
from cointeract_model.config import tiny
from cointeract_model.generation.estimate import check_weights
from cointeract_model.generation.generate import generate
from cointeract_model.generation.parts import Parts, load_parts
from cointeract_model.generation.prepare import prepare
from cointeract_model.generation.progress import LogProgress
from cointeract_model.generation.record import Outputs
from cointeract_model.generation.request import Request
from cointeract_model.generation.settings import build_settings
from cointeract_model.switches import release
from cointeract_model.transformer import Transformer

diffusers = pytest.importorskip("diffusers")
transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

TEXT = {"vocab_size": 300, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
SOUND: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 24,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": [16] * 7,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}


def save_weights(folder: Path) -> None:
    """What a user has on disk."""
    torch.manual_seed(0)
    diffusers.AutoencoderKLWan(base_dim=8).save_pretrained(folder / "vae")
    transformers.UMT5EncoderModel(transformers.UMT5Config(**TEXT)).save_pretrained(folder / "text")
    letters = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((chr(code), -2.0) for code in range(33, 127))]
    model = tokenizers.Tokenizer(tokenizers.models.Unigram(letters, unk_id=2))
    model.post_processor = tokenizers.processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=model, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder / "tokenizer")
    transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**SOUND)).save_pretrained(folder / "sound")
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder / "sound")
    transformer = Transformer(tiny(text_size=32, audio_size=24), release())
    export_base(transformer, folder / "base")
    export_cointeract(transformer, folder / "cointeract.safetensors")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = tmp_path_factory.mktemp("weights")
    save_weights(folder)
    settings = build_settings(
        {
            "model": str(folder / "cointeract.safetensors"),
            "base": str(folder / "base"),
            "height": 64,
            "width": 64,
            "steps": 1,
            "show_hoi": True,
            "device": "cpu",
            "codecs": {
                "latents": {"name": "wan-vae", "path": str(folder / "vae")},
                "text": {
                    "name": "umt5",
                    "encoder": str(folder / "text"),
                    "tokenizer": str(folder / "tokenizer"),
                    "dtype": "float32",
                },
                "audio": {"name": "wav2vec2", "folder": str(folder / "sound")},
            },
        },
        "test",
    )
    check_weights(settings)
    return load_parts(settings)


def test_the_switches_are_those_of_the_release(released: Parts) -> None:
    settings = released.settings
    assert released.model.switches == release()
    assert (settings.shift, settings.guidance_text, settings.guidance_audio, settings.phase) == (7, 7, 7, "release")


def test_a_video_of_two_clips_is_made(released: Parts, request_: Request, tmp_path: Path) -> None:
    result = generate(prepare(request_, released.settings), Outputs(tmp_path / "a.mp4"), released, LogProgress())
    assert (result.frames, result.clips) == (100, 2)
    for name, width in (("a.mp4", 64), ("a.hoi.mp4", 3 * 64)):
        with av.open(str(tmp_path / name)) as file:
            frames = [frame.width for frame in file.decode(video=0)]
        assert frames == [width] * 100
    made_of = json.loads((tmp_path / "a.json").read_text())["made_of"]
    assert made_of["codecs"]["latents"].startswith("wan-vae")
    assert len(made_of["weights"]) == 16
