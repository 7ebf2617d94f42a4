"""The real library on a tiny random encoder and a tokenizer of single letters."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
import torch

from cointeract_model.codecs.errors import CodecUnavailableError
from cointeract_model.codecs.umt5 import Umt5Codec
from cointeract_model.codecs.umt5_checkpoint import INNER, OUTER, XXL, library_names, load_original

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")
pytest.importorskip("ftfy")

SIZES = {
    "vocab_size": 300,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_heads": 4,
    "feed_forward_proj": "gated-gelu",
    "relative_attention_num_buckets": 8,
}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer")
    letters = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -1.0)]
    letters += [(chr(code), -2.0) for code in range(33, 127)]
    model = tokenizers.Tokenizer(tokenizers.models.Unigram(letters, unk_id=2))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    model.post_processor = tokenizers.processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=model, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    fast.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    transformers.UMT5EncoderModel(transformers.UMT5Config(**SIZES)).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def codec(encoder: Path, tokenizer: Path) -> Umt5Codec:
    return Umt5Codec(encoder, tokenizer, torch.float32)


def padded(encoder: Path, tokenizer: Path, prompt: str) -> torch.Tensor:
    """As Wan encodes: padded to 512 tokens, rows after the end set to zero."""
    tokens = transformers.AutoTokenizer.from_pretrained(tokenizer)(
        [prompt], padding="max_length", max_length=512, truncation=True, return_tensors="pt"
    )
    model = transformers.UMT5EncoderModel.from_pretrained(encoder).eval()
    with torch.no_grad():
        rows = model(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state[0]
    return rows * tokens.attention_mask[0, :, None]


@pytest.mark.parametrize("prompt", ["A hand holds a bottle.", "", "x " * 200])
def test_rows_are_those_of_the_padded_prompt_without_the_zeros(
    codec: Umt5Codec, encoder: Path, tokenizer: Path, prompt: str
) -> None:
    rows = codec.encode(prompt)
    expected = padded(encoder, tokenizer, codec.clean(prompt))
    assert rows.shape == (int((expected != 0).any(1).sum()), codec.dim)
    torch.testing.assert_close(rows, expected[: len(rows)], atol=1e-5, rtol=1e-4)


def test_a_prompt_over_512_tokens_keeps_its_end_token_and_the_log_says_what_is_left_out(
    codec: Umt5Codec, encoder: Path, tokenizer: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prompt = "b" * 600
    with caplog.at_level(logging.WARNING, logger="cointeract_model"):
        rows = codec.encode(prompt)
    assert rows.shape == (512, 32)
    found = re.search(r"has (\d+) tokens; the last (\d+) are left out", caplog.text)
    assert found is not None
    assert int(found[1]) - int(found[2]) == 512
    torch.testing.assert_close(rows, padded(encoder, tokenizer, prompt), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("prompt", "clean"),
    [
        ("  a\n hand\t holds  ", "a hand holds"),
        ("salt &amp;amp; pepper", "salt & pepper"),
        ("the personâ€™s hand", "the person's hand"),
        ("\uff21\uff22\uff0c", "AB,"),
    ],
)
def test_prompts_are_cleaned_as_wan_cleans_them(codec: Umt5Codec, prompt: str, clean: str) -> None:
    assert codec.clean(prompt) == clean
    assert torch.equal(codec.encode(prompt), codec.encode(clean))


def save_original(encoder: Path, path: Path) -> None:
    """The tiny encoder under Wan's names."""
    library = transformers.UMT5EncoderModel.from_pretrained(encoder).state_dict()
    names = list(OUTER) + [f"blocks.{block}.{part}.weight" for block in range(2) for part in INNER]
    renamed = library_names({name: torch.empty(0) for name in names})
    torch.save({wan: library[name] for wan, name in zip(names, renamed, strict=True)}, path)


def test_wan_s_own_file_gives_the_same_rows(codec: Umt5Codec, encoder: Path, tmp_path: Path) -> None:
    path = tmp_path / "models_t5_umt5-xxl-enc-bf16.pth"
    save_original(encoder, path)
    model = load_original(path, "umt5", transformers.UMT5Config(**SIZES)).eval()
    ids = torch.tensor([[5, 9, 30, 1]])
    with torch.no_grad():
        assert torch.equal(model(ids).last_hidden_state, codec._model(ids).last_hidden_state)


def test_wan_s_own_file_has_242_tensors_of_5_681_billion_parameters() -> None:
    names = [*OUTER, *(f"blocks.{block}.{part}.weight" for block in range(24) for part in INNER)]
    assert len(names) == 242
    with torch.device("meta"):
        model = transformers.UMT5EncoderModel(transformers.UMT5Config(**XXL))
    expected = set(model.state_dict()) - {"encoder.embed_tokens.weight"}
    assert set(library_names({name: torch.empty(0) for name in names})) == expected
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(5.681e9, rel=1e-4)


def test_wan_s_own_file_of_another_model_is_refused(encoder: Path, tokenizer: Path, tmp_path: Path) -> None:
    path = tmp_path / "models_t5_umt5-xxl-enc-bf16.pth"
    save_original(encoder, path)
    with pytest.raises(CodecUnavailableError, match=r"220 tensors are missing \['encoder\.block\.10\."):
        Umt5Codec(path, tokenizer, torch.bfloat16)
    tensors = torch.load(path)
    tensors["blocks.0.attn.q.weight"] = torch.zeros(4, 4)
    torch.save(tensors, path)
    with pytest.raises(CodecUnavailableError, match="other dimensions"):
        load_original(path, "umt5", transformers.UMT5Config(**SIZES))


def test_a_folder_of_another_model_is_refused(encoder: Path, tokenizer: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    (tmp_path / "config.json").write_bytes((encoder / "config.json").read_bytes())
    tensors = load_file(encoder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if ".block.1." not in name}
    save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CodecUnavailableError, match=r"missing \['encoder\.block\.1\."):
        Umt5Codec(tmp_path, tokenizer, torch.float32)
    name = next(iter(kept))
    save_file(
        {**tensors, name: tensors[name] * float("nan")}, tmp_path / "model.safetensors", metadata={"format": "pt"}
    )
    with pytest.raises(CodecUnavailableError, match="hold NaN"):
        Umt5Codec(tmp_path, tokenizer, torch.float32)


def test_missing_folders_are_named(encoder: Path, tokenizer: Path, tmp_path: Path) -> None:
    with pytest.raises(CodecUnavailableError, match=r"nothing at .*absent; expected is .*text_encoder"):
        Umt5Codec(tmp_path / "absent", tokenizer, torch.float32)
    with pytest.raises(CodecUnavailableError, match=r"nothing at .*absent; expected is .*tokenizer"):
        Umt5Codec(encoder, tmp_path / "absent", torch.float32)


def test_the_key_follows_weights_tokenizer_and_dtype(codec: Umt5Codec, encoder: Path, tokenizer: Path) -> None:
    assert Umt5Codec(encoder, tokenizer, torch.float32).key == codec.key
    half = Umt5Codec(encoder, tokenizer, torch.bfloat16)
    assert half.key != codec.key
    assert half.encode("a hand").dtype == torch.float32
