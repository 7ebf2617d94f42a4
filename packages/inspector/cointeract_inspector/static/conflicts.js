// @ts-check
/** Samples on which reviewers differ. What the others said stays hidden until this reviewer decided too. */
import { count, verdictMark } from "./format.js";
import { encode } from "./filters.js";
import { html } from "./html.js";

/** @typedef {import("./main.js").App} App */

const SHOWN = 200;
const CONFLICTS = [{ col: "conflict", op: /** @type {const} */ ("in"), v: [true] }];

export class ConflictsPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {HTMLElement} */
    this.list = html`<div></div>`;
    /** @type {HTMLElement} */
    this.element = html`<main class="narrow" data-screen="conflicts"><h1>Conflicts</h1>
      <p class="lede">Samples that reviewers judged differently. Judge each without knowing what was said; then you see it.</p>${this.list}</main>`;
  }

  async show() {
    const { app } = this;
    const { rows, total } = await app.api.conflicts();
    const shown = await Promise.all(rows.slice(0, SHOWN).map((/** @type {number} */ row) => app.rows.get(row)));
    if (!total) {
      this.list.replaceChildren(html`<div class="empty"><h2>No conflicts</h2><p>${app.dataset.reviewers > 1 ? "Reviewers agree wherever more than one has decided." : "Nobody but you has reviewed yet."}</p></div>`);
      return;
    }
    const params = new URLSearchParams({ f: encode(CONFLICTS), c: "1" });
    this.list.replaceChildren(html`<p class="dim">${count(total)} in all${total > SHOWN ? `, the first ${SHOWN} shown` : ""}</p>
      <ul class="conflicts">${shown.map((row) => {
        const mark = verdictMark(app.decisions.labelOf(row.id, row.my));
        return html`<li><a data-route href=${app.router.href({ screen: "review", id: row.id, params })}>
          ${row.poster && html`<img src=${row.poster} alt="" loading="lazy">`}<b>${row.id}</b><span class="dim">checks: ${verdictMark(row.verdict).word}</span>
          <span class="mine"><span class=${`mark ${mark.tone}`}>${mark.letter}</span> you: ${mark.word}</span></a></li>`;
      })}</ul>`);
  }

  close() {}
}
