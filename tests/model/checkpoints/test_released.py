"""Loading Wan2.2-S2V and CoInteract's tensors on top of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from cointeract_model.checkpoints.dimensions import released_dimensions
from cointeract_model.checkpoints.errors import CheckpointError
from cointeract_model.checkpoints.load import CheckpointKind, kind_of, load_model
from cointeract_model.checkpoints.released import load_released
from cointeract_model.config import ModelConfig, wan_s2v_14b
from cointeract_model.lora import LoraConfig, lora_config
from cointeract_model.switches import Stage, paper, release
from cointeract_model.transformer import Transformer
from tests.model.checkpoints import released_files as files
from tests.model.checkpoints.released_files import BASE, RANK, WHOLE, assert_same
from tests.model.samples import Case, random_inputs, random_model

GOLDEN = Path(__file__).parents[4] / "shared" / "golden" / "s2v_release" / "weights.safetensors"


@pytest.fixture(scope="module")
def whole() -> Transformer:
    return random_model(release(), WHOLE)


@pytest.fixture(scope="module")
def base(whole: Transformer) -> dict[str, Tensor]:
    return files.base_state(whole)


@pytest.fixture(scope="module")
def base_folder(base: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return files.write_base(tmp_path_factory.mktemp("wan") / "base", base)


def _saved(path: Path, state: dict[str, Tensor], prefix: str = "") -> Path:
    save_file({f"{prefix}{name}": tensor.contiguous() for name, tensor in state.items()}, path)
    return path


@pytest.mark.parametrize(("shards", "index"), [(1, False), (1, True), (4, True), (4, False)])
def test_a_base_folder_is_loaded_to_the_bit(base: dict[str, Tensor], tmp_path: Path, shards: int, index: bool) -> None:
    folder = files.write_base(tmp_path / "wan", base, shards=shards, index=index)
    assert kind_of(folder) is CheckpointKind.BASE
    model = load_model(folder)
    assert model.config == BASE
    assert model.switches == release()
    assert not model.training
    assert_same(files.released_state(model), base)


def test_a_single_file_is_loaded_like_its_folder(base: dict[str, Tensor], tmp_path: Path) -> None:
    folder = files.write_base(tmp_path / "wan", base, shards=1, index=False)
    assert_same(files.released_state(load_model(folder / "diffusion_pytorch_model.safetensors")), base)


def test_other_models_beside_it_are_left_alone(base: dict[str, Tensor], tmp_path: Path) -> None:
    folder = files.write_base(tmp_path / "wan", base)
    (folder / "models_t5_umt5-xxl-enc-bf16.pth").write_bytes(b"text encoder")
    (folder / "wav2vec2").mkdir()
    _saved(folder / "wav2vec2" / "model.safetensors", {"wav2vec2.x": torch.ones(1)})
    assert_same(files.released_state(load_model(folder)), base)


def test_weights_have_memory_of_their_own(base: dict[str, Tensor], tmp_path: Path) -> None:
    folder = files.write_base(tmp_path / "wan", base)
    model = load_model(folder)
    for file in folder.glob("*.safetensors"):
        with file.open("r+b") as content:
            content.seek(-4096, 2)
            content.write(b"\xff" * 4096)
    assert_same(files.released_state(model), base)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_all_weights_have_the_dtype_that_is_asked_for(
    base_folder: Path, base: dict[str, Tensor], dtype: torch.dtype
) -> None:
    loaded = files.released_state(load_model(base_folder, dtype=dtype))
    assert_same(loaded, {name: tensor.to(dtype) for name, tensor in base.items()})


@pytest.mark.skipif(not GOLDEN.exists(), reason="needs the released weights beside the repository")
def test_a_whole_model_in_one_file_is_loaded() -> None:
    model = load_model(GOLDEN, config=WHOLE)
    assert_same(files.released_state(model), load_file(GOLDEN))


def test_dimensions_come_from_tensors_and_settings(base: dict[str, Tensor], tmp_path: Path) -> None:
    folder = files.write_base(tmp_path / "wan", base, settings=False)
    with pytest.raises(CheckpointError, match="num_heads and audio_inject_layers"):
        load_model(folder)
    assert load_model(folder, config=BASE).config == BASE
    (folder / "config.json").write_text('{"d_model": 4096, "num_heads": 64}')
    assert load_model(folder, config=BASE).config == BASE
    (folder / "config.json").write_text('{"dim": 5120, "num_heads": 40}')
    with pytest.raises(CheckpointError, match="5120 features, and the tensors have 48"):
        load_model(folder, config=BASE)


def test_the_released_14b_is_known_by_its_shapes_alone() -> None:
    expected = wan_s2v_14b(expert_size=None, hoi=False)
    with torch.device("meta"):
        state = files.released_state(Transformer(expected, release()))
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    assert released_dimensions(shapes, shapes, {}, "Wan2.2-S2V-14B") == expected


def _with_own(base_folder: Path, tmp_path: Path, own: dict[str, Tensor], **options: object) -> Transformer:
    path = _saved(tmp_path / "checkpoint.safetensors", own)
    return load_model(path, base=base_folder, **options)  # type: ignore[arg-type]


def test_experts_and_hoi_go_on_top(whole: Transformer, base_folder: Path, tmp_path: Path) -> None:
    model = _with_own(base_folder, tmp_path, files.own_state(whole))
    assert model.config == WHOLE
    assert_same(model.state_dict(), whole.state_dict())


def test_experts_alone_make_a_model_without_hoi(whole: Transformer, base_folder: Path, tmp_path: Path) -> None:
    experts = {name: tensor for name, tensor in files.own_state(whole).items() if "depth" not in name}
    model = _with_own(base_folder, tmp_path, experts)
    assert model.config == ModelConfig.model_validate({**WHOLE.model_dump(), "hoi": False})


@settings(deadline=None, max_examples=12)
@given(
    prefix=st.sampled_from(["", "pipe.dit.", "diffusion_model.", "pipe.dit.diffusion_model."]),
    default=st.booleans(),
    older=st.booleans(),
    parts=st.booleans(),
)
def test_every_spelling_of_the_names_is_the_same_model(
    whole: Transformer,
    base: dict[str, Tensor],
    base_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    prefix: str,
    default: bool,
    older: bool,
    parts: bool,
) -> None:
    own = files.own_state(whole) if parts else {}
    path = tmp_path_factory.mktemp("own") / "checkpoint.safetensors"
    _saved(path, own | files.lora(base, default=default, older=older), prefix)
    assert kind_of(path) is CheckpointKind.COINTERACT
    merged = load_model(path, base=base_folder)
    plain = _saved(path.with_name("plain.safetensors"), own | files.lora(base))
    assert_same(merged.state_dict(), load_model(plain, base=base_folder).state_dict())


def test_lora_is_merged_in_float32_by_its_definition(
    base_folder: Path, base: dict[str, Tensor], tmp_path: Path
) -> None:
    lora = files.lora(base)
    merged = files.released_state(_with_own(base_folder, tmp_path, lora))
    for name, tensor in base.items():
        layer = name.removesuffix(".weight")
        layer = layer.replace(".ffn.", ".ffn.ffn_base.") if layer not in files.LORA_LAYERS else layer
        if name.endswith(".weight") and layer in files.LORA_LAYERS:
            down, up = lora[f"{layer}.lora_A.default.weight"], lora[f"{layer}.lora_B.default.weight"]
            exact = tensor.double() + up.double() @ down.double()
            torch.testing.assert_close(merged[name].double(), exact, rtol=1e-6, atol=1e-6)
            assert not torch.equal(merged[name], tensor)
        else:
            assert torch.equal(merged[name], tensor)


@torch.no_grad()
@pytest.mark.parametrize("stage", list(Stage))
def test_kept_lora_predicts_what_merged_does(
    whole: Transformer, base: dict[str, Tensor], base_folder: Path, tmp_path: Path, stage: Stage
) -> None:
    own = files.own_state(whole) | files.lora(base)
    kept = _with_own(base_folder, tmp_path, own, lora="keep")
    merged = _with_own(base_folder, tmp_path, own)
    assert lora_config(kept) == LoraConfig(rank=RANK)
    conditions, noisy = random_inputs(Case())
    first, second = (model(noisy, model.encode(conditions), stage=stage) for model in (kept, merged))
    torch.testing.assert_close(first.velocity, second.velocity, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(first.hoi_velocity, second.hoi_velocity, rtol=1e-4, atol=1e-4)


def test_the_scale_of_lora_counts(base: dict[str, Tensor], base_folder: Path, tmp_path: Path) -> None:
    path = _saved(tmp_path / "lora.safetensors", files.lora(base))
    once, half = (load_released(base_folder, path, lora_scale=scale) for scale in (1.0, 0.5))
    kept = load_released(base_folder, path, lora_scale=0.5, lora="keep")
    config = lora_config(kept)
    assert config is not None
    assert config.scale == 0.5
    name = "blocks.0.self_attention.q.weight"
    plain = base["blocks.0.self_attn.q.weight"]
    torch.testing.assert_close(2 * (half.get_parameter(name) - plain), once.get_parameter(name) - plain)


def test_what_comes_on_top_has_the_dtype_of_the_base(
    whole: Transformer, base: dict[str, Tensor], tmp_path: Path
) -> None:
    folder = files.write_base(tmp_path / "wan", {name: tensor.bfloat16() for name, tensor in base.items()})
    own = files.own_state(whole) | files.lora(base)
    for lora in ("merge", "keep"):
        model = _with_own(folder, tmp_path, own, lora=lora)
        assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_a_base_s_own_mixture_of_dtypes_stays(base: dict[str, Tensor], tmp_path: Path) -> None:
    mixed = {name: tensor if "modulation" in name else tensor.bfloat16() for name, tensor in base.items()}
    folder = files.write_base(tmp_path / "wan", mixed)
    assert_same(files.released_state(load_model(folder)), mixed)


def test_given_switches_are_used_and_the_structure_must_fit(
    base_folder: Path, whole: Transformer, tmp_path: Path
) -> None:
    assert load_model(base_folder, switches=paper()).switches == paper()
    with pytest.raises(
        CheckpointError, match=r"missing: blocks\.0\.ffn\.base_expert\.fc1\.bias.* unexpected: .*router\.3"
    ):
        _with_own(base_folder, tmp_path, files.own_state(whole), switches=paper())
