"""What is wrong with a checkpoint is said with the names of its tensors or files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from cointeract_model.checkpoints.errors import CheckpointError, listed
from cointeract_model.checkpoints.foreign import foreign_model
from cointeract_model.checkpoints.load import load_model
from cointeract_model.config import ModelConfig
from cointeract_model.switches import release
from tests.model.checkpoints import released_files as files
from tests.model.checkpoints.released_files import BASE, WHOLE, rewrite
from tests.model.samples import random_model

FILE = "diffusion_pytorch_model-0000{}-of-00004.safetensors"
INDEX = "diffusion_pytorch_model.safetensors.index.json"
MODULATION = "blocks.1.modulation"


@pytest.fixture(scope="module")
def base() -> dict[str, Tensor]:
    return files.base_state(random_model(release(), WHOLE))


@pytest.fixture
def folder(base: dict[str, Tensor], tmp_path: Path) -> Path:
    return files.write_base(tmp_path / "wan", base)


def _file_of(folder: Path, name: str) -> Path:
    return folder / json.loads((folder / INDEX).read_text())["weight_map"][name]


def _refused(path: Path, match: str, **options: object) -> None:
    with pytest.raises(CheckpointError, match=match):
        load_model(path, **options)  # type: ignore[arg-type]


def test_missing_and_unexpected_tensors(folder: Path) -> None:
    rewrite(_file_of(folder, MODULATION), {MODULATION: None, "blocks.1.gate": torch.ones(1)})
    _refused(folder, r"1 missing: blocks\.1\.modulation; 1 unexpected: blocks\.1\.gate")


def test_a_long_list_is_cut_with_a_count(folder: Path) -> None:
    file = _file_of(folder, MODULATION)
    kept = {"patch_embedding.weight", "text_embedding.0.weight", "time_embedding.0.weight", "blocks.0.ffn.0.weight"}
    names = [name for name in load_file(file) if name not in kept and not name.startswith("casual_audio")]
    rewrite(file, dict.fromkeys(names))
    _refused(folder, rf"{len(names)} missing: ([^,]+, ){{4}}[^,]+ and {len(names) - 5} more")


def test_another_shape(folder: Path) -> None:
    rewrite(_file_of(folder, MODULATION), {MODULATION: torch.ones(1, 5, 48)})
    _refused(folder, r"of another shape: blocks\.1\.modulation \[1, 5, 48\] \(expected \[1, 6, 48\]\)")


@pytest.mark.parametrize(("dtype", "told"), [(torch.int8, "I8"), (torch.float8_e4m3fn, "F8_E4M3")])
def test_another_dtype(folder: Path, dtype: torch.dtype, told: str) -> None:
    rewrite(_file_of(folder, MODULATION), {MODULATION: torch.ones(1, 6, 48).to(dtype)})
    _refused(folder, rf"of another dtype than F64, F32, F16, BF16: blocks\.1\.modulation \({told}\)")


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_values_that_are_not_finite(folder: Path, value: float, dtype: torch.dtype) -> None:
    broken = torch.ones(1, 6, 48, dtype=dtype)
    broken[0, 3, 7] = value
    rewrite(_file_of(folder, MODULATION), {MODULATION: broken})
    _refused(folder, r"1 tensors hold NaN or infinity.*: blocks\.1\.modulation;")


def test_values_beyond_the_dtype_that_is_asked_for(folder: Path) -> None:
    rewrite(_file_of(folder, MODULATION), {MODULATION: torch.full((1, 6, 48), 1e30)})
    load_model(folder, dtype=torch.bfloat16)
    _refused(folder, r"wider dtype", dtype=torch.float16)


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_file_that_was_cut_short(folder: Path, kept: int) -> None:
    file = folder / FILE.format(3)
    file.write_bytes(file.read_bytes()[:kept])
    _refused(folder, r"00003-of-00004.*bytes\) isn't a whole safetensors file")


def test_a_git_lfs_pointer(folder: Path) -> None:
    (folder / FILE.format(1)).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    _refused(folder, "Git LFS pointer")


@pytest.mark.parametrize("index", [True, False])
def test_a_missing_file_of_the_set(base: dict[str, Tensor], tmp_path: Path, index: bool) -> None:
    folder = files.write_base(tmp_path / "wan", base, index=index)
    (folder / FILE.format(2)).unlink()
    _refused(folder, "4 files, of which 1 are missing.*00002-of-00004")


def test_a_damaged_index_and_settings(folder: Path) -> None:
    content = (folder / INDEX).read_text()
    for damaged in (content[:40], "[]", '{"weight_map": 3}', '{"weight_map": {}}'):
        (folder / INDEX).write_text(damaged)
        _refused(folder, "index")
    (folder / INDEX).write_text(content)
    (folder / "config.json").write_text('{"dim": 48,')
    _refused(folder, r"config\.json isn't JSON")


def test_tensors_that_two_files_hold(folder: Path) -> None:
    rewrite(folder / FILE.format(4), {MODULATION: torch.ones(1, 6, 48)})
    _refused(folder, r"hold tensors of the same names: blocks\.1\.modulation")


def test_a_place_without_a_checkpoint(tmp_path: Path) -> None:
    _refused(tmp_path / "none", "doesn't exist")
    _refused(tmp_path, r"holds no \.safetensors file")
    (tmp_path / "notes.txt").write_text("notes")
    _refused(tmp_path / "notes.txt", r"isn't a \.safetensors file")


def test_a_pickled_file_needs_converting(tmp_path: Path) -> None:
    torch.save({"x": torch.ones(1)}, tmp_path / "model.pth")
    _refused(tmp_path / "model.pth", r"pickled.*safetensors\.torch")
    _refused(tmp_path, r"pickled PyTorch files only \(model\.pth\)")


def test_the_recipe_for_a_pickled_file_works(
    base: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(base, tmp_path / "FILE.pth")
    with pytest.raises(CheckpointError) as refusal:
        load_model(tmp_path / "FILE.pth")
    code = str(refusal.value).partition('python -c "')[2].partition('"`')[0]
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # the message's own words
    files.assert_same(load_file(tmp_path / "FILE.safetensors"), base)


def test_a_folder_of_several_checkpoints(tmp_path: Path) -> None:
    for name in ("checkpoint", "checkpoint_pose"):
        save_file({"x": torch.ones(1)}, tmp_path / f"{name}.safetensors")
    _refused(tmp_path, "several checkpoints: checkpoint.safetensors, checkpoint_pose.safetensors; name one")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["patch_embedding.weight", "blocks.0.self_attn.q.weight"], "text-to-video"),
        (["patch_embedding.weight", "img_emb.proj.0.weight"], "image-to-video"),
        (["condition_embedder.time_embedder.linear_1.weight"], "diffusers"),
        (["vace_blocks.0.modulation"], "VACE"),
        (["token_embedding.weight", "blocks.0.attn.q.weight"], "umT5"),
        (["encoder.downsamples.0.residual.0.gamma"], "VAE"),
        (["wav2vec2.feature_extractor.conv_layers.0.conv.weight"], "wav2vec"),
    ],
)
def test_another_model_is_told_as_such(tmp_path: Path, names: list[str], told: str) -> None:
    save_file({name: torch.ones(1) for name in names}, tmp_path / "model.safetensors")
    _refused(tmp_path, told)


def test_nothing_speaks_against_the_right_model(base: dict[str, Tensor]) -> None:
    assert foreign_model(base) is None
    assert foreign_model(files.lora(base)) is None


def test_tensors_of_nothing_known(tmp_path: Path) -> None:
    save_file({"layer.weight": torch.ones(1)}, tmp_path / "model.safetensors")
    _refused(tmp_path, r"no checkpoint that is known here; its 1 tensors are layer\.weight")


def test_a_model_of_other_dimensions_is_told_field_by_field(folder: Path) -> None:
    other = ModelConfig.model_validate({**BASE.model_dump(), "layers": 5, "feed_forward_size": 128})
    _refused(folder, r"other dimensions: feed_forward_size: 96, wanted 128; layers: 3, wanted 5$", config=other)


def test_a_dimension_s_tensor_is_missing(folder: Path) -> None:
    rewrite(_file_of(folder, "text_embedding.0.weight"), {"text_embedding.0.weight": None})
    _refused(folder, r"text_embedding\.0\.weight tells the model's dimensions and is missing")


class TestOnTopOfABase:
    def _refused(self, own: dict[str, Tensor], folder: Path, match: str) -> None:
        path = folder.parent / "checkpoint.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in own.items()}, path)
        _refused(path, match, base=folder)

    def test_a_base_is_needed_there_and_only_there(self, folder: Path, base: dict[str, Tensor]) -> None:
        path = folder.parent / "checkpoint.safetensors"
        save_file(files.lora(base), path)
        _refused(path, "name the Wan2.2-S2V-14B folder as its base")
        _refused(path, "of the kind cointeract", base=path)
        _refused(folder, "takes no base", base=folder)

    def test_half_an_update(self, folder: Path, base: dict[str, Tensor]) -> None:
        own = files.lora(base)
        del own["blocks.1.cross_attn.v.lora_B.default.weight"]
        self._refused(own, folder, r"1 missing: blocks\.1\.cross_attn\.v\.lora_B\.default\.weight")

    def test_layers_without_an_update(self, folder: Path, base: dict[str, Tensor]) -> None:
        own = {name: tensor for name, tensor in files.lora(base, older=True).items() if ".ffn." not in name}
        self._refused(own, folder, r"12 missing: blocks\.0\.ffn.*and 7 more")

    def test_an_update_of_a_layer_that_takes_none(self, folder: Path, base: dict[str, Tensor]) -> None:
        own = files.lora(base) | {"head.head.lora_A.weight": torch.ones(3, 48)}
        self._refused(own, folder, r"1 unexpected: head\.head\.lora_A\.weight")

    def test_updates_of_two_ranks(self, folder: Path, base: dict[str, Tensor]) -> None:
        own = files.lora(base)
        own["blocks.2.self_attn.k.lora_A.default.weight"] = torch.ones(5, 48)
        self._refused(own, folder, r"blocks\.2\.self_attn\.k\.lora_A\.default\.weight \[5, 48\] \(expected \[3, 48\]\)")

    def test_one_layer_under_two_names(self, folder: Path, base: dict[str, Tensor]) -> None:
        self._refused(files.lora(base) | files.lora(base, older=True), folder, "which are one tensor")
        lora = files.lora(base)
        self._refused(
            lora | {f"pipe.dit.{name}": tensor.clone() for name, tensor in lora.items()}, folder, "which are one tensor"
        )

    def test_an_expert_that_is_missing(self, folder: Path) -> None:
        own = files.own_state(random_model(release(), WHOLE))
        own = {name: tensor for name, tensor in own.items() if "blocks.2.ffn.face_expert" not in name}
        self._refused(own, folder, r"4 missing: blocks\.2\.ffn\.face_expert\.fc1\.bias")

    def test_parts_that_the_base_holds_too(self, tmp_path: Path) -> None:
        whole = random_model(release(), WHOLE)
        folder = files.write_base(tmp_path / "whole", files.released_state(whole))
        self._refused(files.own_state(whole), folder, "both hold .* tensors")

    def test_nan_in_an_update(self, folder: Path, base: dict[str, Tensor]) -> None:
        own = files.lora(base)
        own["blocks.0.self_attn.q.lora_B.default.weight"][0, 0] = torch.nan
        self._refused(own, folder, r"NaN or infinity.*blocks\.0\.self_attn\.q\.lora_B\.default\.weight")

    def test_an_update_for_a_model_of_another_width(self, folder: Path, base: dict[str, Tensor]) -> None:
        own = {
            name: torch.ones(*(2 * size if size == 48 else size for size in tensor.shape))
            for name, tensor in files.lora(base).items()
        }
        self._refused(own, folder, r"of another shape: .*\[3, 96\] \(expected \[3, 48\]\)")


def test_lists_are_counted() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(1260)]) == "0, 1, 2, 3, 4 and 1,255 more"
