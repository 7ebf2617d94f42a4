// @ts-check
/**
 * Shapes of what the server answers and of what the pages hand to each other. Types only; nothing runs here.
 *
 * Frames of a sample are counted from the target's first frame: 0 to `frames - 1`, and negative in the motion context before it.
 * Boxes are `[x1, y1, x2, y2]` in pixels of the stored video, origin top left, ends excluded.
 *
 * @typedef {string | number | boolean | null} Scalar
 * @typedef {"in" | "between" | "contains" | "isnull"} FilterOperator
 * @typedef {{col: string, op: FilterOperator, v?: any}} Filter
 * @typedef {{code: string, message: string, hint?: string | null}} Problem
 *
 * @typedef {{name: string, type: "number" | "bool" | "text", kind: "score" | "axis" | "facet" | "text", min?: number | null, max?: number | null,
 *   stage?: string | null, rule?: string | null}} Column
 * @typedef {{rule: string, score: string, stage: string, min: number | null, max: number | null, message: string}} Rule
 * @typedef {{id: string, label: string, key: string | null}} Reason
 * @typedef {{
 *   id: string, name: string, path: string, hash: string, rows: number, kind: "manifest" | "running" | "shards", fps: number, frames: number,
 *   motion_frames: number, size: [number, number] | null, hours: number, shards: number, sources: number, verdicts: Record<string, number>,
 *   columns: Column[], rules: Rule[], reasons: Reason[], axes: string[], artifacts: string[], reviewer: string, reviewers: number,
 *   read_only: boolean, read_only_reason: string | null, problems: string[], version: string
 * }} Dataset
 *
 * @typedef {{
 *   row: number, id: string, verdict: string, stage: string | null, reason: string | null, value: number | null, threshold: number | null,
 *   scores: Record<string, number | null>, my: string | null, my_reasons: string[], stale: boolean, size: [number, number] | null,
 *   split: string | null, poster: string | null, strip: string | null
 * }} Row
 * @typedef {{min: number, max: number, counts: number[], missing: number}} Histogram
 * @typedef {{
 *   total: number, rows: Uint32Array, facets: Record<string, [Scalar, number][]>, hist: Record<string, Histogram>,
 *   chips: {i: number, without: number}[]
 * }} QueryResult
 *
 * @typedef {{url?: string, size?: number, frames?: number, fps?: number, cfr?: boolean, width?: number, height?: number, codec?: string,
 *   error?: Problem}} Artifact
 * @typedef {{
 *   stage: string, rule: string, axis: string | null, col: string | null, score: Scalar, threshold: Scalar, side: "min" | "max" | null,
 *   pass: boolean | null, why: string | null, decisive: boolean
 * }} Check
 * @typedef {{url: string, frame: number | null, source_url: string | null}} Reference
 * @typedef {{
 *   reviewer?: string, verb: string, reasons: string[], axes: Record<string, string>, note: string, event?: string, stale?: boolean
 * }} Decision
 * @typedef {{
 *   id: string, row: number, sha: string, prompt: string | null, hoi_prompt: string | null, verdict: string, stage: string | null,
 *   reason: string | null, reason_text: string | null, value: Scalar, threshold: Scalar, size: [number, number] | null, fps: number,
 *   frames: number, motion_frames: number, level: string | null, split: string | null, checks: Check[],
 *   artifacts: Record<string, Artifact | undefined>, boxes_url: string | null, rle_url: string | null, peaks_url: string | null,
 *   refs: {person?: Reference | null, product?: Reference | null}, scores: Record<string, Scalar>, provenance: Record<string, any>,
 *   decisions: {mine: Decision | null, others: Decision[] | null, others_count: number, conflict: boolean}
 * }} Sample
 *
 * @typedef {[number, number, number, number]} Box
 * @typedef {{box: Box | null, score: number | null, interpolated: boolean} | null} TrackPoint
 * @typedef {{touching: boolean, score: number | null} | null} HandContact
 * @typedef {"face" | "left_hand" | "right_hand" | "object"} Part
 * @typedef {{
 *   width: number, height: number, frames: number, face: TrackPoint[], left_hand: TrackPoint[], right_hand: TrackPoint[],
 *   object: TrackPoint[], contact: ({left_hand: HandContact, right_hand: HandContact} | null)[]
 * }} Tracks
 * @typedef {{width: number, height: number, frames: (number[] | null)[]}} Masks run lengths column by column, background first
 * @typedef {{rate: number, per_frame: number, peaks: [number, number][]}} Peaks
 * @typedef {{sample: Sample, tracks: Tracks | null, masks: Masks | null, peaks: Peaks | null, media: Record<string, string>}} LoadedSample
 *
 * @typedef {"accept" | "reject" | "skip" | "clear" | "relabel" | "note" | "revert" | "fix"} Verb
 * @typedef {{part: Part, frame: number, box: Box, width: number, height: number}} Fix
 * @typedef {{
 *   id: string, session: string, sample: string, sha: string, verb: Verb, reasons: string[], axes: Record<string, string>,
 *   note: string, frame: number | null, dwell_ms: number | null, target: string | null, fix: Fix | null
 * }} Draft
 *
 * @typedef {{
 *   stage: string, kind: "rule" | "quarantined" | "pending", name: string, message: string | null, col: string | null, min: number | null,
 *   max: number | null, entering: number, lost: number, remaining: number, broken?: number, measured?: number, filter: Filter[]
 * }} FunnelStep
 * @typedef {{enters: number, leaves: number, steps: FunnelStep[]}} Funnel
 * @typedef {{measured: number, kept: number, removed: number, missing: number, would_reject: number, would_pass: number}} WhatIf
 * @typedef {{
 *   total: number, done: number, by_label: Record<string, number>, per_hour: number | null, sessions: number, conflicts: number, stale: number,
 *   agreement: {samples: number, share: number | null, fleiss_kappa: number | null} | null
 * }} Progress
 * @typedef {{path: string | null, counts: Record<string, number>, conflicts: number, stale: number, command: string}} Exported
 *
 * @typedef {{screen: string, id: string | null, params: URLSearchParams}} Route
 */
export {};
