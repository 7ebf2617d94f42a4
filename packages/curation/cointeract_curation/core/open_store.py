"""Choosing the artifact store by the data set's root."""

from __future__ import annotations

from pathlib import Path

from cointeract_curation.core.local_store import LocalStore
from cointeract_curation.core.remote_store import RemoteStore
from cointeract_curation.core.store import ArtifactStore
from cointeract_shards.storage import is_url


def open_store(root: str, cache: Path | None = None) -> ArtifactStore:
    """The store below the data set ``root``: a local path or an fsspec URL.

    ``cache`` is where artifacts of a remote store are kept while they are worked on; a temporary folder by default.
    """
    return RemoteStore(root, cache) if is_url(root) else LocalStore(Path(root))
