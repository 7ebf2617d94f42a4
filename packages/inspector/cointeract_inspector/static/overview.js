// @ts-check
/** The first page: what the data set is, how far the review is, and where clips were lost. */
import { count, many, percent, words } from "./format.js";
import { encode } from "./filters.js";
import { Funnel } from "./funnel.js";
import { html } from "./html.js";

/** @typedef {import("./main.js").App} App */

/** @param {number} part @param {number} whole */
const percentWidth = (part, whole) => `${(100 * part) / Math.max(whole, 1)}%`;

export class OverviewPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.funnel = new Funnel(app);
    /** @type {HTMLElement} */
    this.card = html`<section class="dataset-card"></section>`;
    /** @type {HTMLElement} */
    this.progress = html`<section class="progress-card"></section>`;
    /** @type {HTMLElement} */
    this.element = html`<main class="overview" data-screen="overview"><div class="overview-top">${this.card}${this.progress}</div>${this.funnel.element}</main>`;
    this.onProgress = () => this.#drawProgress();
    app.addEventListener("progress", this.onProgress);
  }

  async show() {
    this.#drawCard();
    this.#drawProgress();
    this.funnel.show(await this.app.api.funnel());
  }

  #drawCard() {
    const { dataset, router } = this.app;
    /** @param {string} verdict */
    const link = (verdict) => router.href({ screen: "grid", id: null, params: new URLSearchParams({ verdict }) });
    const minutes = dataset.hours * 60;
    this.card.replaceChildren(html`
      <h1>${dataset.name}</h1>
      <p class="dim facts-line">${[many(dataset.sources, "source"), many(dataset.shards, "shard"), minutes < 90 ? `${minutes.toFixed(1)} min accepted` : `${dataset.hours.toFixed(1)} h accepted`,
        dataset.size ? `${dataset.size[0]} × ${dataset.size[1]}` : "", `${dataset.fps} fps`, `${dataset.motion_frames} + ${dataset.frames} frames`, dataset.hash.slice(0, 12)].filter(Boolean).join("  ·  ")}</p>
      <dl class="tiles">
        <div><dt>clips</dt><dd><a data-route href=${router.href({ screen: "grid", id: null, params: new URLSearchParams() })}>${count(dataset.rows)}</a></dd></div>
        ${Object.entries(dataset.verdicts).map(([verdict, number]) => html`<div class=${verdict}><dt>${words(verdict)}</dt><dd><a data-route href=${link(verdict)}>${count(number)}</a></dd><dd class="dim">${percent(number, dataset.rows)}</dd></div>`)}
      </dl>
      <div class="stack" role="img" aria-label="Verdicts">${Object.entries(dataset.verdicts).map(([verdict, number]) => html`<span class=${verdict} :style=${{ width: percentWidth(number, dataset.rows) }}></span>`)}</div>`);
  }

  #drawProgress() {
    const { progressNow: progress, router, dataset } = this.app;
    if (!progress) return;
    const { agreement, by_label: labels } = progress;
    const share = (/** @type {number} */ number) => ({ width: percentWidth(number, progress.total) });
    const undecided = router.href({ screen: "review", id: null, params: new URLSearchParams({ f: encode([{ col: "my", op: "isnull" }]) }) });
    this.progress.replaceChildren(html`
      <h2>Review by ${dataset.reviewer}</h2>
      <p class="big"><b>${count(progress.done)}</b> <span class="dim">of ${count(progress.total)} decided</span></p>
      <div class="stack" role="img" aria-label=${`${progress.done} of ${progress.total} decided`}>
        <span class="accept" :style=${share(labels.accept ?? 0)}></span><span class="reject" :style=${share(labels.reject ?? 0)}></span></div>
      <p class="dim">${count(labels.accept ?? 0)} accepted, ${count(labels.reject ?? 0)} rejected${progress.stale ? `, ${count(progress.stale)} stale` : ""}${progress.per_hour ? ` · ${Math.round(progress.per_hour)} an hour` : ""}</p>
      <p class="dim">${agreement ? html`<span>Reviewers agree in <b>${percent(agreement.share ?? 0, 1)}</b> of pairs of decisions, on ${many(agreement.samples, "sample")} that several judged${agreement.fleiss_kappa === null ? "" : ` (κ ${agreement.fleiss_kappa.toFixed(2)})`}.</span>` : "No sample has been judged by two reviewers yet."}
        ${progress.conflicts > 0 && html` <a data-route href=${router.href({ screen: "conflicts", id: null, params: new URLSearchParams() })}>${many(progress.conflicts, "conflict")}</a>`}</p>
      <a class="button primary" data-route href=${undecided}>Review</a>`);
  }

  close() {
    this.app.removeEventListener("progress", this.onProgress);
  }
}
