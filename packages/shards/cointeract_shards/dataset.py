"""Where things lie in a data set's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cointeract_shards.errors import ContractError


@dataclass(frozen=True)
class DatasetLayout:
    """Paths of a data set at a local root. For a URL, join these file names with `storage.join`.

    Raises:
        ContractError: `root` is a URL.
    """

    CONFIG_NAME: ClassVar[str] = "dataset.yaml"
    SOURCES_NAME: ClassVar[str] = "sources.parquet"
    CLIPS_NAME: ClassVar[str] = "clips.parquet"
    MANIFEST_NAME: ClassVar[str] = "manifest.parquet"
    ARTIFACTS_NAME: ClassVar[str] = "artifacts"
    SHARDS_NAME: ClassVar[str] = "shards"
    REVIEWS_NAME: ClassVar[str] = "reviews"
    REPORT_NAME: ClassVar[str] = "report"

    root: Path

    def __post_init__(self) -> None:
        if "://" in str(self.root):
            raise ContractError(f"{self.root} is a URL; DatasetLayout is for local folders, use storage.join for URLs")
        object.__setattr__(self, "root", Path(self.root))

    @property
    def config(self) -> Path:
        """The resolved configuration and versions."""
        return self.root / self.CONFIG_NAME

    @property
    def sources(self) -> Path:
        """A row for each input file."""
        return self.root / self.SOURCES_NAME

    @property
    def clips(self) -> Path:
        """A row for each window."""
        return self.root / self.CLIPS_NAME

    @property
    def manifest(self) -> Path:
        """A row for each clip with its scores, decision and place in the shards."""
        return self.root / self.MANIFEST_NAME

    @property
    def artifacts(self) -> Path:
        """What the stages made, by clip, stage and fingerprint."""
        return self.root / self.ARTIFACTS_NAME

    @property
    def shards(self) -> Path:
        """The folder with one folder of shards for each split."""
        return self.root / self.SHARDS_NAME

    def split(self, name: str) -> Path:
        """The folder with the shards of one split."""
        return self.shards / name

    @property
    def reviews(self) -> Path:
        """What reviewers decided."""
        return self.root / self.REVIEWS_NAME

    @property
    def report(self) -> Path:
        """The report of the last run."""
        return self.root / self.REPORT_NAME
