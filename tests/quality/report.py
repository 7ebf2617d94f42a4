"""The figures of a quality run against what they must reach, as text and as a page."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """What a figure must reach, and from which side."""

    name: str
    bound: float
    at_least: bool = True

    def reached(self, value: float) -> bool:
        """Whether a value is good enough; one that couldn't be measured isn't."""
        return value >= self.bound if self.at_least else value <= self.bound


TARGETS = (
    Target("body_iou", 0.90),
    Target("object_iou", 0.80),
    Target("joint_error", 0.04, at_least=False),
    Target("face_iou", 0.80),
    Target("hand_recall", 0.95),
    Target("contact_f1", 0.90),
    Target("swaps", 0.01, at_least=False),
    Target("auc", 0.98),
)


@dataclass
class Section:
    """One table: a row for each item, the same columns in all."""

    title: str
    note: str
    rows: list[tuple[str, Mapping[str, float]]] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


def targets_text(figures: Mapping[str, float]) -> list[str]:
    """A line for each target."""
    lines = []
    for target in TARGETS:
        value = figures.get(target.name, math.nan)
        sign = ">=" if target.at_least else "<="
        verdict = "reached" if target.reached(value) else "NOT REACHED"
        lines.append(f"{target.name:>16} {shown(value):>8}  {sign} {target.bound:<5g} {verdict}")
    return lines


def table_text(section: Section) -> list[str]:
    """A section as aligned columns."""
    columns = list(dict.fromkeys(name for _, values in section.rows for name in values))
    width = max([len(name) for name, _ in section.rows] + [4])
    lines = ["", section.title, " " * width + "".join(f" {name[:13]:>13}" for name in columns)]
    for name, values in section.rows:
        lines.append(f"{name:<{width}}" + "".join(f" {shown(values.get(column, math.nan)):>13}" for column in columns))
    return lines


def shown(value: float) -> str:
    """Three decimals; a dash where nothing could be measured."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def write_page(path: Path, figures: Mapping[str, float], sections: Sequence[Section]) -> None:
    """The page with every table and sheet, which opens without a network, and the figures as JSON beside it."""
    parts = ["<!doctype html><meta charset='utf-8'><title>Quality of curation</title>", f"<style>{STYLE}</style>"]
    parts += ["<h1>Quality of curation</h1>", f"<pre>{html.escape(chr(10).join(targets_text(figures)))}</pre>"]
    for section in sections:
        parts += [f"<h2>{html.escape(section.title)}</h2>", f"<p>{html.escape(section.note)}</p>"]
        if section.rows:
            parts.append(f"<pre>{html.escape(chr(10).join(table_text(section)[2:]))}</pre>")
        for picture in section.pictures:
            name = picture.relative_to(path.parent).as_posix()
            parts.append(f"<figure><figcaption>{html.escape(picture.stem)}</figcaption><img loading='lazy' src='{name}'></figure>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")
    rows = {
        section.title: {name: {key: _plain(value) for key, value in values.items()} for name, values in section.rows}
        for section in sections
    }
    content = {"figures": {name: _plain(value) for name, value in figures.items()}, "sections": rows}
    path.with_name("figures.json").write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 5)


STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
pre { overflow-x: auto; font-size: 0.85rem; }
figure { margin: 1rem 0; } figcaption { font-size: 0.85rem; } img { max-width: 100%; }
"""
