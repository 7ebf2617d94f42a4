"""Writing the report of a run."""

from __future__ import annotations

import logging

from cointeract_curation.core.config import Recipe
from cointeract_curation.core.dataset import Dataset
from cointeract_curation.core.fingerprint import AnyStage
from cointeract_curation.core.store import ArtifactStore
from cointeract_curation.ledger import Ledger
from cointeract_curation.report.page import gather
from cointeract_curation.report.pictures import example_pictures
from cointeract_curation.report.render import content_digest, render
from cointeract_curation.reviewed import ReviewCounts
from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout

log = logging.getLogger(__name__)

INDEX = "index.html"
HEAD_BYTES = 4096
"""The digest of a written report is found within its first bytes."""


def write_report(
    dataset: Dataset,
    store: ArtifactStore,
    stages: dict[str, AnyStage],
    recipe: Recipe,
    ledger: Ledger,
    reviews: ReviewCounts | None = None,
) -> storage.Location:
    """Write ``report/index.html`` for ``ledger`` and return where it is. It appears whole.

    A report that says the same already is left alone, so that no frame is decoded for it again.

    Raises `AssertionError` where a number on the page would not agree with the ledger.
    """
    location = dataset.location(DatasetLayout.REPORT_NAME, INDEX)
    page = gather(dataset, store, stages, recipe, ledger, reviews)
    digest = content_digest(page)
    if _written_digest_is(location, digest):
        log.info("the report is up to date: %s", location)
        return location
    examples = {example.clip_id: example for sheet in page.sheets for example in sheet.examples}
    pictures = {clip_id: example_pictures(example, store) for clip_id, example in examples.items()}
    storage.write_bytes(location, render(page, pictures, digest))
    return location


def _written_digest_is(location: storage.Location, digest: str) -> bool:
    if not storage.exists(location):
        return False
    with storage.open_binary(location) as stream:
        return digest.encode() in stream.read(HEAD_BYTES)
