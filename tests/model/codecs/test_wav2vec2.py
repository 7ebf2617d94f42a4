"""The real library on a tiny random encoder of the same form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cointeract_model.codecs.errors import CodecInputError, CodecUnavailableError
from cointeract_model.codecs.wav2vec2 import Wav2Vec2Codec

transformers = pytest.importorskip("transformers")

RATE, FRAME = 16_000, 640


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wav2vec2")
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        hidden_size=32,
        num_hidden_layers=24,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=[16] * 7,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        conv_bias=True,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        vocab_size=10,
    )
    transformers.Wav2Vec2ForCTC(config).save_pretrained(path)  # with a head, as the released checkpoint
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def codec(folder: Path) -> Wav2Vec2Codec:
    return Wav2Vec2Codec(folder)


def sound(frames: int) -> torch.Tensor:
    return torch.randn(FRAME * frames, generator=torch.Generator().manual_seed(frames)) * 0.1


@pytest.mark.parametrize("frames", [1, 2, 80, 81, 153])
def test_as_many_columns_as_frames_of_all_hidden_states(codec: Wav2Vec2Codec, frames: int) -> None:
    features = codec.encode(sound(frames), RATE, frames)
    assert features.shape == (codec.layers, codec.dim, frames) == (25, 32, frames)
    assert features.dtype == torch.float32


def states(folder: Path, samples: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Inputs of the layers, and the encoder's output, asked of the library apart from the codec."""
    model = transformers.Wav2Vec2Model.from_pretrained(folder).eval()
    normal = (samples - samples.mean()) / (samples.var(unbiased=False) + 1e-7).sqrt()
    inputs: list[torch.Tensor] = []
    for layer in model.encoder.layers:
        layer.register_forward_pre_hook(lambda _layer, arguments: inputs.append(arguments[0]))
    with torch.no_grad():
        output = model(normal[None]).last_hidden_state
    return inputs, output


def test_states_are_the_inputs_of_the_layers_and_the_normalised_output(codec: Wav2Vec2Codec, folder: Path) -> None:
    samples = sound(81)
    inputs, output = states(folder, samples)
    expected = torch.cat([*inputs, output])  # (25, 161, 32)
    assert expected.shape == (25, 161, 32)
    features = codec.encode(samples, RATE, 81)
    torch.testing.assert_close(features, expected[:, ::2].transpose(1, 2), atol=1e-4, rtol=1e-4)
    assert output.mean(-1) == pytest.approx(torch.zeros(1, 161), abs=1e-4)  # a layer norm's
    assert features[24].std() == pytest.approx(1, abs=0.05)


def test_a_column_begins_with_its_frame_s_first_sample(codec: Wav2Vec2Codec) -> None:
    """A click early in frame 40 changes the convolutions' features of that frame and the one before, and no others."""
    quiet = sound(81)
    clicked = quiet.clone()
    clicked[40 * FRAME + 100] += 0.3
    extract = codec._model.feature_extractor
    with torch.no_grad():
        changed = (extract(clicked[None]) - extract(quiet[None])).abs().amax((0, 1))[::2] > 1e-6
    assert changed.nonzero().flatten().tolist() == [40]


def test_features_depend_on_the_window_that_is_encoded_together(codec: Wav2Vec2Codec) -> None:
    samples = sound(40)
    loud = samples.clone()
    loud[20 * FRAME :] *= 10
    whole = codec.encode(loud, RATE, 40)[0, :, :10]
    alone = codec.encode(loud[: 20 * FRAME], RATE, 20)[0, :, :10]
    assert not torch.allclose(whole, alone, atol=1e-2)


def test_old_names_of_weight_normalisation_load_to_the_same_features(
    codec: Wav2Vec2Codec, folder: Path, tmp_path: Path
) -> None:
    tensors = load_file(folder / "model.safetensors")
    new = [name for name in tensors if "parametrizations.weight.original" in name]
    assert len(new) == 2
    for name in new:
        old = name.replace("parametrizations.weight.original0", "weight_g")
        tensors[old.replace("parametrizations.weight.original1", "weight_v")] = tensors.pop(name)
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    old_codec = Wav2Vec2Codec(tmp_path)
    assert torch.equal(old_codec.encode(sound(9), RATE, 9), codec.encode(sound(9), RATE, 9))
    assert old_codec.key != codec.key


def test_the_key_follows_the_weights(codec: Wav2Vec2Codec, folder: Path) -> None:
    assert Wav2Vec2Codec(folder).key == codec.key
    assert codec.key.startswith("wav2vec2:")


@pytest.mark.parametrize(
    ("samples", "rate", "frames", "message"),
    [
        (torch.zeros(FRAME), 44_100, 1, "44100"),
        (torch.zeros(0), RATE, 0, "empty"),
        (torch.zeros(399), RATE, 1, "399 samples"),
        (torch.zeros(100 * FRAME), RATE, 81, "64000 samples for 81 frames"),
    ],
)
def test_bad_sound_is_named(codec: Wav2Vec2Codec, samples: torch.Tensor, rate: int, frames: int, message: str) -> None:
    with pytest.raises(CodecInputError, match=message):
        codec.encode(samples, rate, frames)


def copy(folder: Path, to: Path) -> dict[str, torch.Tensor]:
    for name in ("config.json", "preprocessor_config.json"):
        (to / name).write_bytes((folder / name).read_bytes())
    return load_file(folder / "model.safetensors")


def test_weights_that_lack_a_layer_are_refused(folder: Path, tmp_path: Path) -> None:
    tensors = {name: tensor for name, tensor in copy(folder, tmp_path).items() if ".layers.7." not in name}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CodecUnavailableError, match=r"tensors are missing \['encoder\.layers\.7\."):
        Wav2Vec2Codec(tmp_path)


def test_a_truncated_file_and_another_model_are_refused(folder: Path, tmp_path: Path) -> None:
    copy(folder, tmp_path)
    whole = (folder / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CodecUnavailableError, match="can't load"):
        Wav2Vec2Codec(tmp_path)
    settings = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "hidden_size": 64}))
    (tmp_path / "model.safetensors").write_bytes(whole)
    with pytest.raises(CodecUnavailableError, match="can't load"):
        Wav2Vec2Codec(tmp_path)


def test_nan_in_the_weights_is_named(folder: Path, tmp_path: Path) -> None:
    tensors = copy(folder, tmp_path)
    name = next(name for name in tensors if ".layers.3." in name and name.endswith("q_proj.weight"))
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CodecUnavailableError, match=r"1 tensors .* hold NaN .*layers\.3\..*q_proj"):
        Wav2Vec2Codec(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodecUnavailableError, match=r"nothing at .*absent; expected is a folder"):
        Wav2Vec2Codec(tmp_path / "absent")
