"""Everything that the review page shows of one sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cointeract_inspector.data.parts import Place
from cointeract_inspector.errors import ApiError
from cointeract_inspector.media.clip import FRAME_SCORE, REFERENCES, STORED, VIDEOS, Clips, media_url
from cointeract_inspector.media.derived import sound_facts
from cointeract_inspector.media.source_crop import open_picture
from cointeract_inspector.media.video import video_facts
from cointeract_inspector.query.database import Database
from cointeract_inspector.reviews.desk import Desk
from cointeract_shards import canonical_json, members
from cointeract_shards.constants import FPS
from cointeract_shards.errors import ContractError
from cointeract_shards.levels import required_members
from cointeract_shards.records import Level, Meta, Score
from cointeract_shards.reviews.fold import Judgement
from cointeract_shards.reviews.policy import is_stale
from cointeract_shards.rules import Rule


class SampleView:
    """Tells about samples of one snapshot."""

    def __init__(self, clips: Clips, database: Database, desk: Desk) -> None:
        self._clips = clips
        self._snapshot = clips.snapshot
        self._database = database
        self._desk = desk
        self._stored = database.stored_columns()

    def view(self, sample: str, reviewer: str) -> dict[str, Any]:
        """What the page is sent. A part that should be there and can't be read has an error in its place.

        Raises:
            ApiError: 404, there is no such sample.
        """
        row = self._clips.row(sample)
        fields = self._database.records([row], self._stored)[row]
        scores: dict[str, Score] = {name: fields.pop(name) for name in list(fields) if "." in name}
        places = self._snapshot.parts.members(row)
        meta, meta_problem = self._meta(row, places)
        prompt, hoi_prompt = self._prompts(row, meta)
        return {
            "id": sample,
            "row": row,
            "hash": self._snapshot.hash,
            "sha": self._snapshot.parts.content(row),
            **{name: fields[name] for name in ("verdict", "stage", "reason", "reason_text", "value", "threshold")},
            "prompt": prompt,
            "hoi_prompt": hoi_prompt,
            "frames": fields["frames"],
            "motion_frames": fields["motion_frames"],
            "fps": FPS,
            "size": [fields["width"], fields["height"]],
            "level": fields["level"],
            "split": fields["split"],
            "problem": meta_problem,
            "checks": self._checks(fields, scores, meta),
            "artifacts": self._artifacts(row, fields, places),
            "boxes_url": self._clips.url(row, "tracks"),
            "rle_url": self._clips.url(row, "masks"),
            "peaks_url": self._clips.url(row, "peaks"),
            "poster_url": self._clips.url(row, "poster"),
            "refs": self._references(row, places, scores),
            "scores": {name: value for name, value in scores.items() if value is not None},
            "provenance": self._provenance(row, fields, meta),
            "decisions": self.decisions(sample, reviewer),
        }

    def decisions(self, sample: str, reviewer: str) -> dict[str, Any]:
        """Own decision, and those of others once there is an own one: until then only how many there are."""
        self._desk.refresh()
        content = self._snapshot.parts.content(self._clips.row(sample))
        judgements = [item for item in self._desk.judgements(sample) if item.label or item.note or item.axes]
        own = next((item for item in judgements if item.reviewer == reviewer), None)
        others = [item for item in judgements if item.reviewer != reviewer]
        votes = {
            item.label for item in judgements if item.label in ("accept", "reject") and not is_stale(item, content)
        }
        return {
            "mine": None if own is None else _decision(own, content),
            "others": [_decision(item, content) for item in others] if own is not None and own.label else None,
            "others_count": len(others),
            "conflict": len(votes) > 1,
            "fixes": [
                {"reviewer": item.reviewer, "event": item.event, **item.fix.model_dump(mode="json")}
                for item in self._desk.fixes(sample)
                if item.reviewer == reviewer or (own is not None and own.label)
            ],
        }

    def _meta(self, row: int, places: Mapping[str, Place]) -> tuple[Meta | None, str | None]:
        place = places.get(members.META)
        if place is None:
            packed = any(found.shard for found in places.values())
            return None, self._clips.missing(row, members.META).message if packed else None
        try:
            where = f"{self._snapshot.clip_ids[row]}/{members.META}"
            return Meta.from_bytes(self._clips.reader.read(place), where=where), None
        except (ApiError, ContractError) as error:
            return None, str(error)

    def _prompts(self, row: int, meta: Meta | None) -> tuple[str | None, str | None]:
        if meta is not None:
            return meta.prompt, meta.hoi_prompt
        place = self._snapshot.parts.caption(row)
        if place is None:
            return None, None
        try:
            content = canonical_json.decode(self._clips.reader.read(place), where=str(place.location))
        except (ApiError, ContractError):
            return None, None
        return content.get("prompt"), content.get("hoi_prompt")

    def _checks(
        self, fields: Mapping[str, Any], scores: Mapping[str, Score], meta: Meta | None
    ) -> list[dict[str, Any]]:
        rules = self._snapshot.recipe.rules
        checks = [_check(name, rule, scores, fields) for name, rule in rules.items()]
        told = {check["col"] for check in checks}
        for axis, verdict in ({} if meta is None else meta.verdicts).items():
            column = f"validate.{axis}"
            if column not in told:
                checks.append(
                    {
                        "stage": "validate",
                        "rule": axis,
                        "axis": axis,
                        "col": column,
                        "score": verdict.value,
                        "threshold": verdict.threshold,
                        "side": "min",
                        "pass": verdict.passed,
                        "why": verdict.reason,
                        "decisive": False,
                    }
                )
        return checks

    def _artifacts(self, row: int, fields: Mapping[str, Any], places: Mapping[str, Place]) -> dict[str, Any]:
        level: Level | None = fields["level"]
        expected = set(required_members(level, bool(fields["motion_frames"]))) if level else set()
        found: dict[str, Any] = {}
        for name, (member, _) in STORED.items():
            place = places.get(member)
            try:
                if place is not None:
                    found[name] = self._artifact(row, name, place)
                elif member in expected:
                    raise self._clips.missing(row, member)
            except ApiError as error:
                found[name] = {"error": error.to_json()}
        return found

    def _artifact(self, row: int, name: str, place: Place) -> dict[str, Any]:
        sample = self._snapshot.clip_ids[row]
        told: dict[str, Any] = {"url": media_url(sample, name, place), "size": place.size}
        where = f"{place.name} of sample {sample}"
        data = self._clips.reader.read(place)
        if name in VIDEOS:
            facts = asdict(video_facts(data, where))
            return told | facts | {"cfr": facts.pop("constant")}
        if name in REFERENCES:
            picture = open_picture(data, where)
            return told | {"width": picture.width, "height": picture.height}
        return told | asdict(sound_facts(data, where)) if name == "audio" else told

    def _references(self, row: int, places: Mapping[str, Place], scores: Mapping[str, Score]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in REFERENCES:
            place = places.get(STORED[name][0])
            if place is None:
                continue
            frame = reference_frame(scores, name)
            url = media_url(self._snapshot.clip_ids[row], name, place)
            source = None if frame is None else url.replace(f"/{name}?", f"/{name}/source.png?")
            found[name] = {"url": url, "frame": frame, "source_url": source}
        return found

    def _provenance(self, row: int, fields: Mapping[str, Any], meta: Meta | None) -> dict[str, Any]:
        return {
            **{
                name: fields[name]
                for name in ("source_id", "source_sha256", "first_frame", "shot", "identity", "shard")
            },
            "shot_span": [fields["shot_first"], fields["shot_end"]],
            "fingerprints": dict(self._snapshot.parts.fingerprints(row) or ({} if meta is None else meta.fingerprints)),
            "hoi_phase": None if meta is None else meta.hoi_phase,
            "object_fill": None if meta is None else meta.object_fill,
            "origin": None if meta is None else meta.origin,
        }


def reference_frame(scores: Mapping[str, Score], reference: str) -> int | None:
    """The frame that a reference was made from, None where no stage says it."""
    value = scores.get(FRAME_SCORE.format(reference=reference))
    return None if value is None or isinstance(value, str) else int(value)


def _check(name: str, rule: Rule, scores: Mapping[str, Score], fields: Mapping[str, Any]) -> dict[str, Any]:
    value = scores.get(rule.score)
    decisive = fields["verdict"] == "rejected" and fields["reason"] == name
    broken = None if value is None or isinstance(value, str) else rule.broken_bound(value)
    bound = rule.min if broken is None and rule.min is not None else rule.max if broken is None else broken
    return {
        "stage": rule.applied_at,
        "rule": name,
        "axis": rule.score.split(".", 1)[1],
        "col": rule.score,
        "score": value,
        "threshold": bound,
        "side": "min" if bound == rule.min else "max",
        "pass": (False if decisive else None) if value is None or isinstance(value, str) else broken is None,
        "why": rule.message,
        "decisive": decisive,
    }


def _decision(judgement: Judgement, content: str) -> dict[str, Any]:
    return {
        "reviewer": judgement.reviewer,
        "verb": judgement.label,
        "reasons": list(judgement.reasons),
        "axes": dict(judgement.axes),
        "note": judgement.note,
        "stale": is_stale(judgement, content),
        "event": judgement.event,
        "ts": judgement.ts,
    }
