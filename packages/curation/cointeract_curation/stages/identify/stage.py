"""The hash of a file's content, which names its source from here on."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from cointeract_curation.core.errors import UnusableInputError
from cointeract_curation.core.stage import Scores, Stage, Workspace
from cointeract_curation.core.units import UnitKind
from cointeract_curation.media.location import open_bytes
from cointeract_curation.stages.identify.config import IdentifyConfig

BLOCK_BYTES = 1 << 20


class IdentifyStage(Stage[IdentifyConfig]):
    """Streams the content through SHA-256. Scores: ``sha256`` (hexadecimal), ``bytes``."""

    name: ClassVar[str] = "identify"
    version: ClassVar[int] = 1
    unit: ClassVar[UnitKind] = UnitKind.FILE
    time_limit_s: ClassVar[float] = 3600.0

    def run(self, workspace: Workspace) -> Scores:
        """Hash one file.

        Raises:
            UnusableInputError: not a readable, non-empty file; the message says what it is and what to do.
        """
        location = workspace.source()
        digest = hashlib.sha256()
        size = 0
        with open_bytes(location) as stream:
            while block := stream.read(BLOCK_BYTES):
                digest.update(block)
                size += len(block)
        if size == 0:
            raise UnusableInputError(f"{location} is empty (0 bytes): copy it again from where it came from")
        return {"sha256": digest.hexdigest(), "bytes": size}
