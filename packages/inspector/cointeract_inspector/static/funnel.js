// @ts-check
/** Where clips are lost, step by step in the pipeline's order; each threshold has a slider that says what another one would do. */
import { count, percent, score, words } from "./format.js";
import { encode } from "./filters.js";
import { html } from "./html.js";

/** @typedef {import("./types.js").FunnelStep} Step */
/** @typedef {import("./types.js").WhatIf} WhatIf */

const STEPS = 200;

export class Funnel {
  /** @param {import("./main.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {HTMLElement} */
    this.element = html`<section class="funnel" aria-label="Funnel"></section>`;
    this.all = false;
  }

  /** @param {import("./types.js").Funnel} funnel */
  show(funnel) {
    const losing = funnel.steps.filter(({ lost }) => lost > 0);
    const steps = this.all ? funnel.steps : losing;
    this.element.replaceChildren(html`
      <header><h2>Funnel</h2><span class="dim">${count(funnel.enters)} clips enter, <b>${count(funnel.leaves)}</b> leave (${percent(funnel.leaves, funnel.enters)})</span><span class="spring"></span>
        <button class="quiet" aria-pressed=${String(this.all)} @click=${() => { this.all = !this.all; this.show(funnel); }}>${this.all ? "Only steps that lose clips" : `All ${funnel.steps.length} steps`}</button></header>
      <div class="steps"><div class="step head dim"><span>step</span><span>remaining</span><span class="number">lost</span><span class="number">of what entered</span><span class="number">left of all</span><span>what if</span></div>
      ${steps.map((step) => this.#step(step, funnel.enters))}
      ${!steps.length && html`<p class="dim">No clip was lost.</p>`}</div>`);
  }

  /** @param {Step} step @param {number} enters */
  #step(step, enters) {
    const share = (/** @type {number} */ number) => `${(100 * number) / Math.max(enters, 1)}%`;
    const href = this.app.router.href({ screen: "grid", id: null, params: new URLSearchParams({ f: encode(step.filter) }) });
    return html`<div class=${`step ${step.kind}`}>
      <a data-route href=${href} title=${step.message ?? ""}><span class="dim">${words(step.stage)}</span> ${step.kind === "rule" ? words(step.name) : `${step.kind} ${step.name === step.kind ? "" : step.name}`}</a>
      <a class="bar" data-route tabindex="-1" aria-hidden="true" href=${href}><i class="kept" :style=${{ width: share(step.remaining) }}></i><i class=${`lost ${step.kind}`} :style=${{ width: share(step.lost) }}></i></a>
      <span class="number"><b>${step.lost ? count(step.lost) : "–"}</b></span>
      <span class="number dim">${percent(step.lost, step.entering)}</span>
      <span class="number dim">${percent(step.remaining, enters)}</span>
      ${this.#whatIf(step)}
    </div>`;
  }

  /** @param {Step} step */
  #whatIf(step) {
    const column = this.app.dataset.columns.find(({ name }) => name === step.col);
    const side = step.min === null ? "max" : "min";
    const bound = step.min ?? step.max;
    if (!column || bound === null || typeof column.min !== "number" || typeof column.max !== "number" || this.app.api.fromFolder) return html`<span></span>`;
    const [low, high] = [Math.min(column.min, bound), Math.max(column.max, bound)];
    const at = (/** @type {number} */ place) => low + ((high - low) * place) / STEPS;
    const out = html`<output class="dim">${side === "min" ? "≥" : "≤"} ${score(bound)}</output>`;
    /** @type {AbortController | null} */
    let asking = null;
    const ask = async (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const threshold = Number(at(Number(input.value)).toPrecision(4));
      input.setAttribute("aria-valuetext", score(threshold));
      asking?.abort();
      asking = new AbortController();
      try {
        const { kept, would_reject, would_pass } = await this.app.api.whatIf(String(step.col), threshold, side, asking.signal);
        const change = [would_pass ? `+${count(would_pass)}` : "", would_reject ? `−${count(would_reject)}` : ""].filter(Boolean).join(" ");
        out.textContent = `${side === "min" ? "≥" : "≤"} ${score(threshold)}: ${count(kept)} keep ${change || "(no change)"}`;
      } catch (caught) {
        const error = /** @type {Error} */ (caught);
        if (error.name !== "AbortError") out.textContent = error.message;
      }
    };
    return html`<span class="what-if"><input type="range" min="0" max=${STEPS} value=${Math.round((STEPS * (bound - low)) / (high - low || 1))}
      aria-label=${`What if ${step.col} had another bound`} @input=${ask}>${out}</span>`;
  }
}
