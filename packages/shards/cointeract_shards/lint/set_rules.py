"""Rules over all samples together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cointeract_shards.lint.registry import Finding, set_rule
from cointeract_shards.lint.view import SampleFacts, SetView
from cointeract_shards.manifest import ManifestRow
from cointeract_shards.reviews.content import content_sha256


@set_rule("unique-id", "no id comes twice, in one shard or in two")
def unique_id(view: SetView) -> Iterator[Finding]:
    """Look for keys that come more than once."""
    places: dict[str, list[str]] = defaultdict(list)
    for facts in view.samples:
        places[facts.key].append(facts.place)
    for key, found in places.items():
        if len(found) > 1:
            yield Finding(f"comes {len(found)} times, in {', '.join(found)}", {"shards": found}, sample=key)


@set_rule("split-by-source", "all samples of one source, and of one identity, are in one split")
def split_by_source(view: SetView) -> Iterator[Finding]:
    """Look for sources and identities that are in more than one split."""
    for what, name in (("source", "source_sha256"), ("identity", "identity")):
        splits: dict[str, dict[str, SampleFacts]] = defaultdict(dict)
        for facts in view.samples:
            value = getattr(facts, name)
            if value is not None:
                splits[value].setdefault(facts.split, facts)
        for value, by_split in splits.items():
            if len(by_split) > 1:
                examples = ", ".join(f"{split!r} ({facts.key})" for split, facts in sorted(by_split.items()))
                first = by_split[min(by_split)]
                yield Finding(f"{what} {value} is in the splits {examples}", {what: value}, first.key, first.place)


@set_rule("manifest-rows", "manifest and shards name the same selected samples, in the same places")
def manifest_rows(view: SetView) -> Iterator[Finding]:
    """Compare the manifest with the shards, both ways."""
    if view.rows is None:
        return
    stored = {facts.key: facts for facts in view.samples}
    for key, facts in stored.items():
        row = view.rows.get(key)
        if row is None:
            yield Finding("is in a shard, but not in the manifest", sample=key, shard=facts.place)
        else:
            for message in _differences(row, facts):
                yield Finding(message, sample=key, shard=facts.place)
    for key, row in view.rows.items():
        if key in stored:
            continue
        if row.shard is not None and f"{row.split}/{row.shard}" not in view.unread_shards:
            yield Finding(
                f"is in no shard; the manifest says {row.split}/{row.shard}",
                sample=key,
                shard=f"{row.split}/{row.shard}",
            )
        elif row.shard is None and row.decision == "accepted" and row.selected:
            yield Finding("is accepted by the manifest, but in no shard", sample=key)


@set_rule("manifest-reviews", "the manifest's content hashes are those of the stored members")
def manifest_reviews(view: SetView) -> Iterator[Finding]:
    """Compare what reviewers' decisions refer to with what is stored."""
    for facts in view.samples:
        row = (view.rows or {}).get(facts.key)
        if row is None or row.content_sha256 is None:
            continue
        found = content_sha256({entry.name: entry.sha256 for entry in facts.entries})
        if found != row.content_sha256:
            message = f"has the content {found}, the manifest says {row.content_sha256}: decisions on it would be lost"
            yield Finding(message, sample=facts.key, shard=facts.place)


def _differences(row: ManifestRow, facts: SampleFacts) -> Iterator[str]:
    if not row.selected and row.review_label == "rejected":
        yield f"is in a shard, but reviewers rejected it: {', '.join(row.review_reasons) or 'no reason given'}"
    elif not row.selected:
        yield f"is in a shard, but the manifest says {row.decision}: {row.reason or row.rule or 'no reason given'}"
    if (row.split, row.shard) != (facts.split, facts.shard):
        place = "no shard" if row.shard is None else f"{row.split}/{row.shard}"
        yield f"lies in {facts.place}, the manifest says {place}"
        return
    named = {member.name for member in row.members}
    found = {entry.name for entry in facts.entries}
    if named - found:
        yield f"lacks the members {', '.join(sorted(named - found))} that the manifest names"
    if found - named:
        yield f"has the members {', '.join(sorted(found - named))} that the manifest doesn't name"
