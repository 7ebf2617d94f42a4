"""Training obeys people's reviews: which samples it takes, and that a changed review is never a silent change of data."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from tests.train.data.samples import config_of, pack, sample_of

from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.manifest import read_manifest, write_manifest
from cointeract_shards.reviews.content import content_sha256
from cointeract_shards.reviews.event import Draft
from cointeract_shards.reviews.log import ReviewLog
from cointeract_train.data.catalogue import read_catalogue
from cointeract_train.data.codecs import caches_wanted
from cointeract_train.data.errors import ChangedDataError
from cointeract_train.data.examples import ExampleSource
from cointeract_train.data.stream import samples_of, state_at, training_source

KEYS = ("a", "b", "c", "d")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four samples, of which the algorithm rejected d."""
    return pack(tmp_path / "dataset", [sample_of(key) for key in KEYS], decisions={"d": "rejected"})


def say(root: Path, reviewer: str, *, sha: str | None = None, **verbs: str) -> None:
    rows = {row.clip_id: row for row in read_manifest(root / "manifest.parquet")}
    with ReviewLog(DatasetLayout(root).reviews, reviewer) as log:
        for key, verb in verbs.items():
            content = content_sha256({member.name: member.sha256 for member in rows[key].members})
            log.append([Draft.model_validate({"sample": key, "sha": sha or content, "verb": verb})])


def used(root: Path, **changes: object) -> list[str]:
    return sorted(entry.key for entry in read_catalogue(config_of(root, **changes), "train").entries)


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (None, ["a", "b", "c"]),
        ("any-reject", ["c", "d"]),
        ("majority", ["b", "c", "d"]),
        ("unanimous", ["a", "b", "c", "d"]),
        ("owner:cem", ["a", "b", "c", "d"]),
    ],
)
def test_the_policy_decides_who_is_trained_on(root: Path, policy: str | None, wanted: list[str]) -> None:
    say(root, "ann", a="reject", b="reject", d="accept")
    say(root, "bob", a="reject", b="accept")
    say(root, "cem", a="accept", d="accept")
    assert used(root, reviews=policy) == wanted


def test_the_same_without_a_manifest(root: Path) -> None:
    say(root, "ann", a="reject")
    (root / "manifest.parquet").unlink()
    assert used(root, reviews="any-reject") == ["b", "c", "d"]


def test_stale_reviews_are_left_out_with_a_warning_unless_stated(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    say(root, "ann", sha="0" * 64, a="reject")
    with caplog.at_level(logging.WARNING):
        assert used(root, reviews="any-reject") == ["a", "b", "c"]
    assert "1 reviews are of what samples were before" in caplog.text
    assert used(root, reviews="any-reject", keep_stale_reviews=True) == ["b", "c"]


def test_what_is_left_out_is_counted_in_the_log(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    say(root, "ann", a="reject", b="reject")
    with caplog.at_level(logging.INFO):
        used(root, reviews="any-reject")
    assert "2 rejected by reviewers" in caplog.text
    assert "obeyed under any-reject" in caplog.text


def test_the_labels_of_the_manifest_stand_in_for_missing_reviews(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = read_manifest(root / "manifest.parquet")
    labels = {"a": "rejected", "d": "accepted"}
    write_manifest([replace(row, review_label=labels.get(row.clip_id)) for row in rows], root / "manifest.parquet")  # type: ignore[arg-type]
    assert used(root) == ["b", "c", "d"]
    assert used(root, reviews="majority") == ["b", "c", "d"]
    assert "no folder of reviews" in caplog.text


def test_a_changed_review_refuses_to_resume(root: Path) -> None:
    def source(policy: str | None = "any-reject") -> ExampleSource:
        config = config_of(root, reviews=policy)
        return training_source(config, caches_wanted(config))[0]

    say(root, "ann", a="reject")
    saved = state_at(2, source())
    assert samples_of(saved, source()) == 2
    say(root, "ann", a="reject", c="accept")
    assert samples_of(saved, source()) == 2, "a review that changes no sample changes nothing"
    say(root, "bob", b="reject")
    with pytest.raises(ChangedDataError, match="changed review"):
        samples_of(saved, source())
    with pytest.raises(ChangedDataError):
        samples_of(saved, source(None))


def test_an_unknown_policy_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match="review policy 'most'"):
        config_of(root, reviews="most")
