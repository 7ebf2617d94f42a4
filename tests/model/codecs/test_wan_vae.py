"""The real library on a tiny random VAE with the released one's strides, channels and normalisation."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cointeract_model.codecs import joint
from cointeract_model.codecs.errors import CodecInputError, CodecUnavailableError
from cointeract_model.codecs.wan_vae import WanVaeCodec

diffusers = pytest.importorskip("diffusers")

WEIGHTS, WEIGHT = "diffusion_pytorch_model.safetensors", "decoder.conv_in.weight"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vae")
    torch.manual_seed(0)
    diffusers.AutoencoderKLWan(base_dim=8).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def codec(folder: Path) -> WanVaeCodec:
    return WanVaeCodec(folder, torch.float32)


def video(frames: int, seed: int = 0, size: int = 16, batch: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch, 3, frames, size, size, generator=generator) * 2 - 1


@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (5, 2), (73, 19), (81, 21), (153, 39)])
def test_a_latent_of_the_first_frame_and_of_each_four_after(codec: WanVaeCodec, frames: int, latents: int) -> None:
    assert codec.encode(video(frames)).shape == (1, 16, latents, 2, 2)


def test_latents_are_the_normalised_mean_of_the_posterior(codec: WanVaeCodec, folder: Path) -> None:
    model = diffusers.AutoencoderKLWan.from_pretrained(folder)
    with torch.no_grad():
        raw = model.encode(video(9)).latent_dist.mean
    normalised = codec.encode(video(9))
    assert normalised[:, 0] == pytest.approx((raw[:, 0] + 0.7571) / 2.8184, abs=1e-5)  # Wan's first and last channel
    assert normalised[:, 15] == pytest.approx((raw[:, 15] + 0.2921) / 1.9160, abs=1e-5)
    with torch.no_grad():
        assert codec.decode(normalised) == pytest.approx(model.decode(raw).sample, abs=1e-5)


def test_decoding_gives_the_frames_geometry_back(codec: WanVaeCodec) -> None:
    frames = codec.decode(codec.encode(video(9, batch=2)))
    assert frames.shape == (2, 3, 9, 16, 16)
    assert float(frames.abs().max()) <= 1


def test_a_batch_is_its_videos(codec: WanVaeCodec) -> None:
    batch = video(5, batch=3)
    assert torch.equal(codec.encode(batch), torch.cat([codec.encode(one) for one in batch.split(1)]))


def test_threads_do_not_mix_their_videos(codec: WanVaeCodec) -> None:
    videos = [video(9, seed) for seed in range(6)]
    alone = [codec.encode(one) for one in videos]
    with ThreadPoolExecutor(3) as pool:
        for expected, found in zip(alone, pool.map(codec.encode, videos), strict=True):
            assert torch.equal(found, expected)


def test_motion_and_target_are_one_pass(codec: WanVaeCodec) -> None:
    frames = video(154)
    motion, target = frames[:, :, :73], frames[:, :, 73:]
    latents = joint.encode_with_motion(codec, motion, target)
    assert latents.motion is not None
    assert torch.equal(latents.motion, codec.encode(motion))  # of the past alone
    alone = codec.encode(target)[:, :, 1:]
    assert not torch.allclose(latents.target, alone, atol=1e-3)
    assert joint.decode_with_motion(codec, latents.motion, latents.target).shape == (1, 3, 80, 16, 16)


@pytest.mark.parametrize(("frame", "first"), [(0, 0), (3, 0), (4, 1), (7, 1), (8, 2), (79, 19), (80, None)])
def test_with_motion_a_frame_changes_target_latents_from_its_own_on(
    codec: WanVaeCodec, frame: int, first: int | None
) -> None:
    motion, target = video(73), video(81, 1)
    changed = target.clone()
    changed[:, :, frame] *= -1
    before = joint.encode_with_motion(codec, motion, target).target
    after = joint.encode_with_motion(codec, motion, changed).target
    moved = (after - before).abs().amax((0, 1, 3, 4)).nonzero().flatten().tolist()
    assert (moved[0] if moved else None) == first


def test_tiling_and_dtype_are_part_of_the_key(codec: WanVaeCodec, folder: Path) -> None:
    tiled = WanVaeCodec(folder, torch.float32, tiling=True)
    half = WanVaeCodec(folder, torch.bfloat16)
    assert len({codec.key, tiled.key, half.key}) == 3
    assert codec.key == WanVaeCodec(folder, torch.float32).key
    wide = video(1, size=264)
    assert tiled.encode(wide).shape == codec.encode(wide).shape
    assert not torch.equal(tiled.encode(wide), codec.encode(wide))
    assert half.encode(video(5)).dtype == torch.float32
    assert half.encode(video(5)) == pytest.approx(codec.encode(video(5)), abs=0.05)


def original_names() -> list[str]:
    """Names of the tensors in Wan's own file."""

    def convolution(name: str) -> list[str]:
        return [f"{name}.weight", f"{name}.bias"]

    def residual(name: str, *, shortcut: bool = False) -> list[str]:
        names = [f"{name}.residual.0.gamma", f"{name}.residual.3.gamma"]
        names += convolution(f"{name}.residual.2") + convolution(f"{name}.residual.6")
        return names + (convolution(f"{name}.shortcut") if shortcut else [])

    names = convolution("conv1") + convolution("conv2")
    for half in ("encoder", "decoder"):
        names += convolution(f"{half}.conv1") + convolution(f"{half}.head.2") + [f"{half}.head.0.gamma"]
        names += residual(f"{half}.middle.0") + residual(f"{half}.middle.2")
        names += [f"{half}.middle.1.norm.gamma", *convolution(f"{half}.middle.1.to_qkv")]
        names += convolution(f"{half}.middle.1.proj")
    down = "encoder.downsamples"
    for number in (0, 1, 3, 4, 6, 7, 9, 10):
        names += residual(f"{down}.{number}", shortcut=number in {3, 6})
    for number in (2, 5, 8):
        names += convolution(f"{down}.{number}.resample.1")
    up = "decoder.upsamples"
    for number in (0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14):
        names += residual(f"{up}.{number}", shortcut=number == 4)
    for number in (3, 7, 11):
        names += convolution(f"{up}.{number}.resample.1")
    timed = [f"{down}.5", f"{down}.8", f"{up}.3", f"{up}.7"]
    return names + [name for part in timed for name in convolution(f"{part}.time_conv")]


def save_original(folder: Path, path: Path) -> None:
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers

    library = convert_wan_vae_to_diffusers({name: name for name in original_names()})
    tensors = diffusers.AutoencoderKLWan.from_pretrained(folder).state_dict()
    torch.save({original: tensors[name] for name, original in library.items()}, path)


def test_wan_s_own_file_gives_the_same_latents_and_frames(codec: WanVaeCodec, folder: Path, tmp_path: Path) -> None:
    assert len(original_names()) == 194
    save_original(folder, tmp_path / "Wan2.1_VAE.pth")
    original = WanVaeCodec(tmp_path / "Wan2.1_VAE.pth", torch.float32, config=folder)
    latents = codec.encode(video(9))
    assert torch.equal(original.encode(video(9)), latents)
    assert torch.equal(original.decode(latents), codec.decode(latents))


def test_wan_s_own_file_of_other_dimensions_is_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "Wan2.1_VAE.pth"
    save_original(folder, path)
    with pytest.raises(CodecUnavailableError, match="can't load"):  # without a configuration it must be the real VAE
        WanVaeCodec(path, torch.float32)
    tensors = torch.load(path)
    tensors["another"] = tensors.pop("conv1.weight")
    torch.save(tensors, path)
    with pytest.raises(CodecUnavailableError, match=r"missing \['quant_conv\.weight'\], 1 unexpected"):
        WanVaeCodec(path, torch.float32, config=folder)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CodecUnavailableError, match="can't"):
        WanVaeCodec(path, torch.float32, config=folder)
    torch.save([1, 2], path)
    with pytest.raises(CodecUnavailableError, match="dictionary of tensors"):
        WanVaeCodec(path, torch.float32, config=folder)


def test_another_vae_is_refused(tmp_path: Path) -> None:
    diffusers.AutoencoderKLWan(base_dim=8, z_dim=4, latents_mean=[0.0] * 4, latents_std=[1.0] * 4).save_pretrained(
        tmp_path
    )
    with pytest.raises(CodecUnavailableError, match=r"\(4, 4, 8\).*\(16, 4, 8\)"):
        WanVaeCodec(tmp_path, torch.float32)


def test_missing_weights_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CodecUnavailableError, match=r"nothing at .*vae; expected is .*Wan2\.1_VAE\.pth"):
        WanVaeCodec(tmp_path / "vae", torch.float32)
    (tmp_path / "config.json").write_text(json.dumps(json.loads((folder / "config.json").read_text())))
    with pytest.raises(CodecUnavailableError, match="can't load"):
        WanVaeCodec(tmp_path, torch.float32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _tensor: {}, r"1 tensors are missing \['decoder\.conv_in\.weight'\], 0 unexpected"),
        (lambda tensor: {WEIGHT: tensor, "another": tensor.clone()}, r"0 tensors are missing \[\], 1 unexpected"),
        (lambda tensor: {WEIGHT: tensor * float("nan")}, r"1 tensors .* hold NaN .*decoder\.conv_in\.weight"),
        (lambda tensor: {WEIGHT: tensor[:4].clone()}, "can't load"),
    ],
)
def test_a_folder_with_other_weights_is_refused(
    folder: Path, tmp_path: Path, change: Callable[[torch.Tensor], dict[str, torch.Tensor]], message: str
) -> None:
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    tensors = load_file(folder / WEIGHTS)
    changed = change(tensors.pop(WEIGHT))
    save_file({**tensors, **changed}, tmp_path / WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(CodecUnavailableError, match=message):
        WanVaeCodec(tmp_path, torch.float32)


@pytest.mark.parametrize("frames", [2, 80, 152])
def test_frames_that_the_library_would_drop_are_refused(codec: WanVaeCodec, frames: int) -> None:
    with pytest.raises(CodecInputError, match=f"{frames} frames"):
        codec.encode(video(frames))


def test_other_bad_input_is_named(codec: WanVaeCodec) -> None:
    with pytest.raises(CodecInputError, match="4 channels"):
        codec.encode(torch.zeros(1, 4, 5, 16, 16))
    with pytest.raises(CodecInputError, match="12x16"):
        codec.encode(torch.zeros(1, 3, 5, 12, 16))
    with pytest.raises(CodecInputError, match=r"\(1, 8, 2, 2, 2\)"):
        codec.decode(torch.zeros(1, 8, 2, 2, 2))
