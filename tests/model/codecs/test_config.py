from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from cointeract_model.codecs import weights
from cointeract_model.codecs.build import build_audio_codec, build_latent_codec, build_text_codec
from cointeract_model.codecs.config import CodecsConfig, LatentCodecConfig, WanVaeConfig
from cointeract_model.codecs.errors import CodecUnavailableError
from cointeract_shards import members


def test_defaults_need_no_weights_and_fit_together() -> None:
    config = CodecsConfig()
    latents, text, audio = (
        build_latent_codec(config.latents),
        build_text_codec(config.text),
        build_audio_codec(config.audio),
    )
    assert latents.encode(torch.zeros(1, 3, 5, 16, 16)).shape == (1, latents.channels, 2, 2, 2)
    assert text.encode("a hand").shape == (3, text.dim)
    assert audio.encode(torch.zeros(640 * 5), 16_000, 5).shape == (audio.layers, audio.dim, 5)


def test_names_can_be_members_of_a_sample() -> None:
    config = CodecsConfig()
    assert members.latents_member(config.latents.name) == "latents.block-dct.safetensors"
    assert members.text_member(config.text.name) == "text.hashed-text.safetensors"
    assert members.audio_member(config.audio.name) == "audio.log-mel.safetensors"


def test_a_codec_is_chosen_by_its_name() -> None:
    config = CodecsConfig.model_validate(
        {"latents": {"name": "wan-vae", "path": "/weights/vae"}, "text": {"name": "hashed-text", "dim": 32}}
    )
    assert isinstance(config.latents, WanVaeConfig)
    assert build_text_codec(config.text).dim == 32


def test_options_are_part_of_the_key() -> None:
    keys = {build_audio_codec(CodecsConfig.model_validate({"audio": a}).audio).key for a in LOG_MELS}
    assert len(keys) == len(LOG_MELS)


LOG_MELS = [
    {"name": "log-mel"},
    {"name": "log-mel", "layers": 3},
    {"name": "log-mel", "bands": 24},
    {"name": "log-mel", "hop": 80},
]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"name": "wan"}, "block-dct"),
        ({"name": "wan-vae"}, "path"),
        ({"name": "block-dct", "tiling": True}, "tiling"),
        ({"name": "wan-vae", "path": "x", "dtype": "float16"}, "bfloat16"),
    ],
)
def test_a_bad_configuration_is_refused(content: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter[LatentCodecConfig](LatentCodecConfig).validate_python(content)


PRODUCTION = [
    ("latents", {"name": "wan-vae", "path": "{}"}, "diffusers"),
    ("text", {"name": "umt5", "encoder": "{}", "tokenizer": "{}"}, "transformers"),
    ("audio", {"name": "wav2vec2", "folder": "{}"}, "transformers"),
]
BUILD: dict[str, Any] = {"latents": build_latent_codec, "text": build_text_codec, "audio": build_audio_codec}


def production(kind: str, content: dict[str, str], path: Path) -> object:
    filled = {key: value.format(path) for key, value in content.items()}
    return getattr(CodecsConfig.model_validate({kind: filled}), kind)


@pytest.mark.parametrize(("kind", "content", "library"), PRODUCTION)
def test_missing_weights_are_named(kind: str, content: dict[str, str], library: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    if kind == "text":
        pytest.importorskip("ftfy")
    with pytest.raises(CodecUnavailableError, match=r"nothing at .*absent; expected is"):
        BUILD[kind](production(kind, content, tmp_path / "absent"))


@pytest.mark.parametrize(("kind", "content", "library"), PRODUCTION)
def test_a_missing_library_names_the_extra(
    kind: str, content: dict[str, str], library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine without the extra: importing the library fails."""
    real = weights.importlib.import_module

    def without(name: str) -> object:
        if name == library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name)

    monkeypatch.setattr(weights.importlib, "import_module", without)
    with pytest.raises(CodecUnavailableError, match=rf"needs the library {library}.*cointeract-model\[wan\]"):
        BUILD[kind](production(kind, content, tmp_path))


def test_the_configuration_is_light_to_import() -> None:
    code = "import sys, cointeract_model.codecs.config; print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_embedded_codecs_import_no_library_of_the_others() -> None:
    code = (
        "import sys; from cointeract_model.codecs import build, config; c = config.CodecsConfig();"
        "build.build_latent_codec(c.latents); build.build_text_codec(c.text); build.build_audio_codec(c.audio);"
        "print(sorted({'diffusers', 'transformers'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_fingerprints_tell_files_apart_wherever_they_differ(tmp_path: Path) -> None:
    content = bytearray(300_000)
    (tmp_path / "model.bin").write_bytes(content)
    first = weights.fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("a guide is no weight")
    assert weights.fingerprint(tmp_path) == first
    for place in (0, 150_000, 299_999):
        changed = content.copy()
        changed[place] = 1
        (tmp_path / "model.bin").write_bytes(changed)
        assert weights.fingerprint(tmp_path) != first
    (tmp_path / "empty").mkdir()
    with pytest.raises(CodecUnavailableError, match="holds no weights"):
        weights.fingerprint(tmp_path / "empty")
