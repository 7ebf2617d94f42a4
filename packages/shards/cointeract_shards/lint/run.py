"""Checks a data set, or any folder of shards, against the sample contract."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cointeract_shards import storage
from cointeract_shards.dataset import DatasetLayout
from cointeract_shards.errors import ContractError, ShardError
from cointeract_shards.lint.registry import SAMPLE_RULES, SET_RULES, Abstained, chosen_rules
from cointeract_shards.lint.report import Abstention, LintReport, Violation
from cointeract_shards.lint.view import SampleFacts, SampleView, SetView
from cointeract_shards.manifest import ManifestRow, read_manifest
from cointeract_shards.reader import ShardReader, ShardRef
from cointeract_shards.shard_index import IndexEntry

QUEUE_PER_JOB = 2
"""Samples in memory for each worker: one under check, one waiting."""


@dataclass(frozen=True)
class _Checked:
    facts: SampleFacts
    violations: list[Violation]
    abstentions: list[Abstention]


def lint(
    root: storage.Location,
    *,
    rules: Sequence[str] | None = None,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> LintReport:
    """Check every sample below `root`.

    Args:
        root: a data set (with `shards/` and, if packed, `manifest.parquet`), or a folder that holds shards at any
            depth; the
            folder of a shard is its split. A local path or a URL.
        rules: names of the rules to check (`registry.describe_rules`); all where None.
        jobs: samples checked side by side, in threads; decoding leaves Python's lock.
        progress: called with the number of samples checked so far.

    Returns:
        All violations, in the order of the shards. Damaged shards and members are violations, not errors.

    Raises:
        ShardError: there is neither a shard nor a manifest at `root`.
        ContractError: `rules` names one that doesn't exist.
        ValueError: `jobs` isn't positive.
    """
    if jobs < 1:
        raise ValueError(f"jobs is {jobs}; it must be 1 or more")
    run = _Run(root, chosen_rules(rules))
    facts: list[SampleFacts] = []
    abstentions: list[Abstention] = []
    with ThreadPoolExecutor(jobs) as pool:
        for checked in run.checked(pool, jobs * QUEUE_PER_JOB):
            facts.append(checked.facts)
            run.violations += checked.violations
            abstentions += checked.abstentions
            if progress is not None:
                progress(len(facts))
    run.check_set(facts)
    shards = len(run.reader.shards) if run.reader else 0
    return LintReport(len(facts), shards, run.rules, tuple(run.violations), tuple(abstentions))


class _Run:
    """One run: where things lie, what was found while reading."""

    def __init__(self, root: storage.Location, rules: tuple[str, ...]) -> None:
        self.rules = rules
        self.violations: list[Violation] = []
        self.unread: set[str] = set()
        manifest = storage.join(root, DatasetLayout.MANIFEST_NAME)
        shards = storage.join(root, DatasetLayout.SHARDS_NAME)
        has_manifest = storage.exists(manifest)
        is_dataset = storage.exists(shards)
        if not storage.exists(root):
            raise ShardError(f"there is nothing at {root}; give a data set or a folder of shards")
        self.rows = self._read_rows(manifest) if has_manifest else None
        self.reader = ShardReader(shards if is_dataset else root) if is_dataset or not has_manifest else None
        if self.reader is not None and not self.reader.shards and not has_manifest:
            raise ShardError(f"there is no shard below {root}, and no manifest; give a data set or a folder of shards")

    def checked(self, pool: ThreadPoolExecutor, depth: int) -> Iterator[_Checked]:
        """Checked samples in stored order, with at most `depth` of them in memory."""
        waiting: deque[Future[_Checked]] = deque()
        for ref, view in self._views():
            waiting.append(pool.submit(self._check, ref, view))
            if len(waiting) >= depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def check_set(self, facts: list[SampleFacts]) -> None:
        """Run the rules over all samples."""
        view = SetView(tuple(facts), self.rows, frozenset(self.unread))
        for name in self.rules:
            if name in SET_RULES:
                self.violations += [
                    Violation(name, found.sample, found.shard, found.message, found.values)
                    for found in SET_RULES[name].check(view)
                ]

    def _read_rows(self, manifest: storage.Location) -> dict[str, ManifestRow] | None:
        try:
            return {row.clip_id: row for row in read_manifest(manifest)}
        except ContractError as error:
            self._report("manifest-readable", None, str(error))
            return None

    def _views(self) -> Iterator[tuple[ShardRef, SampleView]]:
        if self.reader is None:
            return
        for ref in self.reader.shards:
            place = f"{ref.split}/{ref.name}" if ref.split else ref.name
            try:
                index = self.reader.index(ref)
                groups = [entries for _, entries in index.samples()]
                for sample, entries in zip(self.reader.shard_samples(ref, index), groups, strict=True):
                    yield ref, SampleView(sample, place, entries, (self.rows or {}).get(sample.key))
            except ContractError as error:
                self.unread.add(place)
                self._report("shard-readable", place, str(error))

    def _check(self, ref: ShardRef, view: SampleView) -> _Checked:
        key = view.sample.key
        violations: list[Violation] = []
        abstentions: list[Abstention] = []
        for name in self.rules:
            if name not in SAMPLE_RULES:
                continue
            for found in SAMPLE_RULES[name].check(view):
                if isinstance(found, Abstained):
                    abstentions.append(Abstention(name, key, found.reason))
                else:
                    violations.append(Violation(name, key, view.shard, found.message, found.values))
        return _Checked(_facts(key, ref, view.entries, view), violations, abstentions)

    def _report(self, rule: str, shard: str | None, message: str) -> None:
        if rule in self.rules:
            self.violations.append(Violation(rule, None, shard, message))


def _facts(key: str, ref: ShardRef, entries: list[IndexEntry], view: SampleView) -> SampleFacts:
    meta = view.meta
    source = meta.source_sha256 if meta is not None else None
    identity = meta.identity if meta is not None else None
    return SampleFacts(key, ref.split, ref.name, source, identity, tuple(entries))
