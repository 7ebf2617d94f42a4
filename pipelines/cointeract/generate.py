"""`cointeract generate`: reads options, calls the model package, shows what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cointeract import generate_options as options
from cointeract.terminal import answered_errors, log_lines, say

if TYPE_CHECKING:
    from cointeract_model.generation.settings import GenerationSettings

STOPPED = "stopped; what was written plays. Run the same command to make the unfinished video anew"


def generate(
    output: options.Output,
    person: options.Person = None,
    product: options.Product = None,
    product_scale: options.ProductScale = 1.0,
    audio: options.Audio = None,
    prompt: options.Prompt = None,
    batch: options.Batch = None,
    root: options.Root = None,
    model: options.Model = None,
    base: options.Base = None,
    preset: options.Preset = None,
    size: options.Size = None,
    steps: options.Steps = None,
    solver: options.Solver = None,
    shift: options.Shift = None,
    guidance: options.Guidance = None,
    guidance_text: options.GuidanceText = None,
    guidance_audio: options.GuidanceAudio = None,
    negative_prompt: options.NegativePrompt = None,
    seed: options.Seed = None,
    device: options.Device = None,
    dtype: options.Dtype = None,
    show_hoi: options.ShowHoi = False,
    sheet: options.Sheet = False,
    config: options.Config = None,
    settings: options.Settings = None,
    overwrite: options.Overwrite = False,
    ignore_memory: options.IgnoreMemory = False,
    as_json: options.Json = False,
) -> None:
    """Generate a video with sound from pictures of a person and a product, prompts and speech.

    Without --model it is the tiny model, which is untrained: its videos are noise and show only that everything runs.

    Example: cointeract generate --person her.png --product cup.png --audio speech.wav --prompt "she lifts the cup" -o out.mp4

    Example: cointeract generate --batch demos.csv --config released.yaml -o videos
    """
    flags = {
        "model": model,
        "base": base,
        "preset": preset,
        "steps": steps,
        "solver": solver,
        "shift": shift,
        "guidance_text": guidance if guidance_text is None else guidance_text,
        "guidance_audio": guidance if guidance_audio is None else guidance_audio,
        "negative_prompt": negative_prompt,
        "seed": seed,
        "device": device,
        "dtype": dtype,
        "show_hoi": show_hoi or None,
        "sheet": sheet or None,
    }
    with answered_errors(STOPPED), log_lines("cointeract_model"):
        from cointeract_model.generation.batch import generate_batch, read_rows
        from cointeract_model.generation.errors import GenerationError
        from cointeract_model.generation.estimate import check_weights
        from cointeract_model.generation.generate import Result
        from cointeract_model.generation.generate import generate as make
        from cointeract_model.generation.parts import load_parts
        from cointeract_model.generation.prepare import prepare
        from cointeract_model.generation.progress import progress_for_terminal
        from cointeract_model.generation.record import Outputs
        from cointeract_model.generation.request import Request

        chosen = _settings(config, size, flags, settings or [])
        rows, prepared, outputs = None, None, None
        if batch is not None:
            if person or product or audio or prompt:
                raise GenerationError(
                    "--batch names pictures, sound and prompts itself: leave out the options for them"
                )
            rows = read_rows(batch, root)
        elif person is None or audio is None or not prompt:
            raise GenerationError("give --person, --audio and --prompt, or --batch with a CSV of them")
        else:
            outputs = Outputs(output)
            prepared = prepare(Request(person, audio, tuple(prompt), product, product_scale), chosen)
        if not ignore_memory:
            check_weights(chosen)
        parts = load_parts(chosen)
        results: list[Result] = []
        with progress_for_terminal() as progress:
            if rows is not None:
                results = generate_batch(
                    rows, output, parts, progress, overwrite=overwrite, ignore_memory=ignore_memory
                )
            elif prepared is not None and outputs is not None:
                results = [make(prepared, outputs, parts, progress, overwrite=overwrite, ignore_memory=ignore_memory)]
    lines = [
        f"{result.video}: {result.duration_s:.2f} s, {result.clips} clips, "
        + (f"made in {result.took_s:.1f} s" if result.made else "finished already")
        for result in results
    ]
    say([asdict(result) for result in results], as_json=as_json, text=escape("\n".join(lines)))


def _settings(
    config: Path | None, size: str | None, flags: Mapping[str, Any], overrides: Sequence[str]
) -> GenerationSettings:
    """Settings of the file, then of the options, then of `--set`."""
    import yaml

    from cointeract_model.generation.errors import GenerationError
    from cointeract_model.generation.settings import build_settings, parse_size
    from cointeract_shards.recipe_layers import RecipeLayerError, apply_override

    values: dict[str, Any] = {}
    if config is not None:
        try:
            read = yaml.safe_load(config.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise GenerationError(f"--config {config} can't be read: {error}") from error
        if not isinstance(read, dict):
            raise GenerationError(f"--config {config} holds a {type(read).__name__}: write settings as `key: value`")
        values = read
    values |= {key: value for key, value in flags.items() if value is not None}
    if size is not None:
        values["height"], values["width"] = parse_size(size)
    try:
        for override in overrides:
            apply_override(values, override)
    except RecipeLayerError as error:
        raise GenerationError(str(error)) from error
    return build_settings(values, "settings" if config is None else f"settings of {config} and the options")
