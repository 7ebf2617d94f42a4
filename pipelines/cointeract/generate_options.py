"""Options of `cointeract generate`, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FILES, VIDEO, RUN = "What it is made of", "How it is made", "The run"

Output = Annotated[Path, typer.Option("--output", "-o", help="The video, an .mp4; for a batch a folder.")]

Person = Annotated[Path | None, typer.Option(help="Picture of the person.", rich_help_panel=FILES)]
Product = Annotated[Path | None, typer.Option(help="Picture of the product, best on white.", rich_help_panel=FILES)]
ProductScale = Annotated[
    float, typer.Option(help="Share of the picture that the product's positions cover.", rich_help_panel=FILES)
]
Audio = Annotated[Path | None, typer.Option(help="Sound; the video is as long.", rich_help_panel=FILES)]
Prompt = Annotated[
    list[str] | None,
    typer.Option(help="One for each clip of 3.2 s; the last one holds for all that follow.", rich_help_panel=FILES),
]
Batch = Annotated[
    Path | None, typer.Option(help="CSV of the released demo's form: a video for each row.", rich_help_panel=FILES)
]
Root = Annotated[
    Path | None, typer.Option(help="Folder that the CSV's paths start from; default: its own.", rich_help_panel=FILES)
]

Model = Annotated[
    str | None, typer.Option(help="Folder or file with weights; default: tiny, untrained.", rich_help_panel=VIDEO)
]
Base = Annotated[
    str | None, typer.Option(help="Wan2.2-S2V-14B, to go under a CoInteract checkpoint.", rich_help_panel=VIDEO)
]
Preset = Annotated[
    str | None, typer.Option(help="Switches, paper or release; default: the checkpoint's.", rich_help_panel=VIDEO)
]
Size = Annotated[
    str | None,
    typer.Option(help="HEIGHTxWIDTH in multiples of 16; default: 832x480, tiny 192x112.", rich_help_panel=VIDEO),
]
Steps = Annotated[
    int | None, typer.Option(help="Denoising steps of a clip; default: 40, tiny 8.", rich_help_panel=VIDEO)
]
Solver = Annotated[str | None, typer.Option(help="euler or unipc; default: euler.", rich_help_panel=VIDEO)]
Shift = Annotated[
    float | None, typer.Option(help="Of the noise schedule; default: the switches'.", rich_help_panel=VIDEO)
]
Guidance = Annotated[
    float | None,
    typer.Option(help="Scale of prompt and sound alike; default: the switches'.", rich_help_panel=VIDEO),
]
GuidanceText = Annotated[float | None, typer.Option(help="Scale of the prompt alone.", rich_help_panel=VIDEO)]
GuidanceAudio = Annotated[float | None, typer.Option(help="Scale of the sound alone.", rich_help_panel=VIDEO)]
NegativePrompt = Annotated[str | None, typer.Option(help="What guidance leads away from.", rich_help_panel=VIDEO)]
Seed = Annotated[int | None, typer.Option(help="Equal seeds and settings make equal videos.", rich_help_panel=VIDEO)]
Device = Annotated[
    str | None, typer.Option(help="cpu, cuda, cuda:1; default: a GPU if there is one.", rich_help_panel=VIDEO)
]
Dtype = Annotated[
    str | None, typer.Option(help="float32 or bfloat16; default: bfloat16 on a GPU.", rich_help_panel=VIDEO)
]
ShowHoi = Annotated[
    bool, typer.Option("--show-hoi", help="Make the HOI stream and the router's maps too.", rich_help_panel=VIDEO)
]
Sheet = Annotated[bool, typer.Option("--sheet", help="Write a picture of frames in time.", rich_help_panel=VIDEO)]
Config = Annotated[
    Path | None, typer.Option(help="YAML with any of these settings, and the codecs.", rich_help_panel=VIDEO)
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="One setting, such as codecs.text.dim=32. May be given many times.", rich_help_panel=VIDEO
    ),
]

Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace videos that were made in another way.", rich_help_panel=RUN)
]
IgnoreMemory = Annotated[
    bool, typer.Option("--ignore-memory", help="Begin even with too little memory.", rich_help_panel=RUN)
]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.", rich_help_panel=RUN)]
