// @ts-check
/** What the reviews come to under a policy, and writing it out. */
import { count, words } from "./format.js";
import { html } from "./html.js";
import { openDialog } from "./dialog.js";

/** @typedef {import("./main.js").App} App */

/** @type {[string, string, string][]} */
const POLICIES = [
  ["any-reject", "Any reject", "One reject is enough to leave a sample out."],
  ["majority", "Majority", "What most reviewers say; ties wait for a decision."],
  ["unanimous", "Unanimous", "Only where all reviewers agree."],
  ["owner", "Only mine", "What you decided, whatever others say."],
];

/** @param {App} app */
export function exportDialog(app) {
  let policy = "any-reject";
  let keepStale = false;
  let turn = 0;
  /** @type {HTMLElement} */
  const outcome = html`<div class="outcome"></div>`;
  const body = (/** @type {boolean} */ preview) => ({ policy: policy === "owner" ? `owner:${app.dataset.reviewer}` : policy, keep_stale: keepStale, preview });

  /** @param {import("./types.js").Exported} result */
  const show = (result) => outcome.replaceChildren(html`
    <dl class="tiles">${Object.entries(result.counts).map(([label, value]) => html`<div><dt>${words(label)}</dt><dd>${count(value)}</dd></div>`)}
      <div><dt>conflicts</dt><dd>${count(result.conflicts)}</dd></div><div><dt>stale</dt><dd>${count(result.stale)}</dd></div></dl>
    ${result.path && html`<p class="good">Written: <code>${result.path}</code></p>`}
    <p class="dim">The same from a shell:</p><pre><code>${result.command}</code></pre>`);

  /** @param {boolean} preview */
  const ask = async (preview) => {
    const mine = ++turn;
    try {
      const result = await app.api.export(body(preview));
      if (mine === turn) show(result);
    } catch (caught) {
      const error = /** @type {import("./api.js").ApiError} */ (caught);
      if (mine === turn) outcome.replaceChildren(html`<p class="bad">${error.message} ${error.hint}</p>`);
    }
  };

  openDialog(app, "export", html`<form class="export" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); ask(false); }}>
    <header><h2>Export decisions</h2></header>
    <p class="dim">Writes the manifest with the reviews' columns. The checks' own verdicts stay as they are.</p>
    <fieldset><legend>Where reviewers differ</legend>${POLICIES.map(([id, label, text]) => html`<label><input type="radio" name="policy" value=${id} ?checked=${id === policy}
      @change=${() => { policy = id; ask(true); }}><span><b>${label}</b><br><span class="dim">${text}</span></span></label>`)}</fieldset>
    <label class="check"><input type="checkbox" @change=${(/** @type {Event} */ event) => { keepStale = /** @type {HTMLInputElement} */ (event.target).checked; ask(true); }}>
      Count decisions on samples that were made again since</label>
    ${outcome}
    <footer><button class="primary">Write</button></footer></form>`);
  ask(true);
}
