// @ts-check
/** The drawer that says why: each check with score, bound and outcome, then the prompt, and where the sample is from. */
import { html } from "./html.js";
import { columnLabel, score, verdictMark, words } from "./format.js";

/** @typedef {import("./types.js").Check} Check */

const SHORT_HASH = 12;

/** @param {boolean | null} pass */
const outcome = (pass) => (pass === null ? ["none", "–", "not measured"] : pass ? ["accept", "✓", "passed"] : ["reject", "✕", "failed"]);

/** @param {Check} check */
function line(check) {
  const [tone, sign, word] = outcome(check.pass);
  const bound = check.threshold === null ? "" : `${check.side === "max" ? "≤" : "≥"} ${score(check.threshold)}`;
  return html`<tr class=${check.decisive ? "decisive" : ""} title=${check.why ?? ""}>
    <td class=${`sign ${tone}`}><span aria-label=${word}>${sign}</span></td>
    <th scope="row">${words(check.axis ?? check.rule ?? check.col)}</th>
    <td class="number">${score(check.score)}</td>
    <td class="number dim">${bound}</td>
  </tr>`;
}

/** @param {Check[]} checks */
function byStage(checks) {
  /** @type {Map<string, Check[]>} */
  const stages = new Map();
  for (const check of checks) stages.set(check.stage, [...(stages.get(check.stage) ?? []), check]);
  return [...stages].map(([stage, list]) => group(stage, list));
}

/** @param {string} title @param {Check[]} checks */
const group = (title, checks) => html`<tbody><tr class="stage"><th colspan="4" scope="rowgroup">${words(title)}</th></tr>${checks.map(line)}</tbody>`;

/** @param {any} value @returns {any} */
function shown(value) {
  if (Array.isArray(value)) return value.join(" – ");
  const text = String(value);
  return text.length > 2 * SHORT_HASH && /^[0-9a-f]+$/.test(text) ? html`<span title=${text}>${text.slice(0, SHORT_HASH)}…</span>` : text;
}

/** Nested records as one list of names and values. @param {Record<string, any>} record @param {string} [prefix] @returns {[string, any][]} */
const flat = (record, prefix = "") => Object.entries(record).flatMap(([key, value]) => (value === null || value === undefined ? []
  : typeof value === "object" && !Array.isArray(value) ? flat(value, `${key} · `) : [[`${prefix}${words(key)}`, value]]));

/** @param {import("./types.js").Sample} sample @returns {HTMLElement} */
export function whyDrawer(sample) {
  const mark = verdictMark(sample.verdict);
  const failed = sample.checks.filter((check) => check.pass === false);
  const passed = sample.checks.filter((check) => check.pass).length;
  const tally = failed.length ? `${failed.length} of ${sample.checks.length} failed` : `${passed} of ${sample.checks.length} passed`;
  return html`<aside class="why" aria-label="Why">
    <header><span class=${`mark ${mark.tone}`}>${mark.letter}</span><b>${mark.word}</b>
      <span class="dim">${sample.stage ? `at ${words(sample.stage)}` : ""}</span></header>
    ${sample.reason_text && html`<p class="reason">${sample.reason_text}</p>`}
    <h2>Prompt</h2>
    <p class="prompt">${sample.prompt ?? html`<span class="dim">none</span>`}</p>
    ${sample.hoi_prompt && html`<details><summary>HOI prompt</summary><p class="prompt">${sample.hoi_prompt}</p></details>`}
    <h2>Checks <span class="dim">${tally}</span></h2>
    ${sample.checks.length ? html`<table class="checks"><colgroup><col class="sign"><col><col class="score"><col class="bound"></colgroup>${failed.length > 0 && group("failed", failed)}${byStage(sample.checks.filter((check) => !failed.includes(check)))}</table>` : html`<p class="dim">Nothing was measured.</p>`}
    <h2>Origin</h2>
    <dl class="facts"><dt>id</dt><dd>${sample.id}</dd>${flat(sample.provenance).map(([key, value]) => html`<div><dt>${key}</dt><dd>${shown(value)}</dd></div>`)}</dl>
    <details><summary>All scores</summary><dl class="facts">${Object.entries(sample.scores).map(([key, value]) => html`<div><dt>${columnLabel(key)}</dt><dd>${score(value)}</dd></div>`)}</dl></details>
  </aside>`;
}
