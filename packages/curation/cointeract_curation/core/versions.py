"""Versions of installed distributions, without importing them."""

from __future__ import annotations

from importlib import metadata


def distribution_version(*names: str) -> str:
    """``name==version`` of each distribution, joined by spaces; ``name==absent`` where one is not installed."""
    parts = []
    for name in names:
        try:
            parts.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:
            parts.append(f"{name}==absent")
    return " ".join(parts)
