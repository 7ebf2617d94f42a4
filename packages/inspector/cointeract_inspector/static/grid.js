// @ts-check
/** The grid page: all samples of a query as cards, with what filters and orders them. */
import { HoverStrip, emptyCard, fillCard } from "./card.js";
import { FilterRail } from "./filter_rail.js";
import { paramsOf, queryOf } from "./filters.js";
import { columnLabel, count, score, words } from "./format.js";
import { html } from "./html.js";
import { VirtualGrid } from "./virtual_grid.js";

/** @typedef {import("./main.js").App} App */
/** @typedef {import("./filters.js").Query} Query */
/** @typedef {import("./types.js").Filter} Filter */

/** Mark in the browser's timeline that benchmarks read. */
const FIRST_CARD = "first-card";
const PICTURE_HEIGHT = 208;
const TEXT_HEIGHT = 74;
const GAP = 12;
const LEAST_WIDTH = 124;
const MOST_WIDTH = 300;

/** What a filter says. @param {Filter} filter */
export function filterText({ col, op, v }) {
  const name = columnLabel(col);
  if (op === "in") return `${name}: ${v.map((/** @type {any} */ value) => (value === null ? "none" : words(String(value)))).join(", ")}`;
  if (op === "contains") return `${name} has “${v}”`;
  if (op === "isnull") return `${name}: ${v === false ? "measured" : "none"}`;
  return `${v[0] === null ? "" : `${score(v[0])} ≤ `}${name}${v[1] === null ? "" : ` ≤ ${score(v[1])}`}`;
}

export class GridPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Query} */
    this.query = { filter: [], sort: "" };
    /** @type {import("./types.js").QueryResult | null} */
    this.result = null;
    this.asking = 0;
    this.rail = new FilterRail(app, (query) => this.#wish(query));
    this.grid = new VirtualGrid({
      label: "Samples", cell: emptyCard, fill: (cell, index) => this.#fill(cell, index),
      onFocus: (index) => app.router.note({ i: index ? String(index) : null }), onOpen: (index) => this.#open(index),
    });
    new HoverStrip(this.grid.element);
    /** @type {HTMLElement} */
    this.bar = html`<div class="grid-bar"></div>`;
    /** @type {HTMLElement} */
    this.none = html`<div class="empty" hidden></div>`;
    /** @type {HTMLElement} */
    this.element = html`<main class="grid" data-screen="grid">${app.api.fromFolder ? null : this.rail.element}<section class="grid-main">${this.bar}${this.none}${this.grid.element}</section></main>`;
    app.keys.screen = { undo: () => this.#undo("undo"), redo: () => this.#undo("redo") };
    this.onDecision = () => this.#refill();
    app.decisions.addEventListener("change", this.onDecision);
  }

  /** @param {Query} query */
  #wish(query) {
    const { router } = this.app;
    router.go(router.with({ ...paramsOf(query), i: null }));
  }

  /** @param {import("./types.js").Route} route */
  async show(route) {
    this.query = queryOf(route.params);
    const turn = ++this.asking;
    this.element.classList.add("loading");
    try {
      const result = await this.app.rows.query(this.query, { ...this.rail.wishes(this.query), fresh: true });
      if (turn !== this.asking) return;
      this.result = result;
    } finally {
      if (turn === this.asking) this.element.classList.remove("loading");
    }
    this.#draw(Number(route.params.get("i") ?? 0));
  }

  /** @param {number} index */
  #draw(index) {
    const result = /** @type {import("./types.js").QueryResult} */ (this.result);
    const [width, height] = this.app.dataset.size ?? [9, 16];
    const card = Math.round(Math.min(Math.max((PICTURE_HEIGHT * width) / height, LEAST_WIDTH), MOST_WIDTH));
    this.grid.element.style.setProperty("--card-width", `${card}px`);
    this.grid.element.style.setProperty("--picture-height", `${PICTURE_HEIGHT}px`);
    this.#drawBar(result);
    this.none.hidden = result.total > 0;
    this.grid.element.hidden = result.total === 0;
    if (!result.total) this.#drawNone(result);
    this.grid.set(result.total, { width: card, height: PICTURE_HEIGHT + TEXT_HEIGHT, gap: GAP });
    if (index) this.grid.reveal(index);
    if (!this.app.api.fromFolder) this.rail.show(this.query, result);
  }

  /** @param {import("./types.js").QueryResult} result */
  #drawBar(result) {
    const { dataset } = this.app;
    const sorted = this.query.sort.replace(/^-/, "");
    const falling = this.query.sort.startsWith("-");
    const orders = dataset.columns.filter(({ name, type, kind }) => name === "id" || (type === "number" && kind !== "text")).map(({ name }) => name);
    this.bar.replaceChildren(html`
      <span class="count"><b>${count(result.total)}</b>${result.total === dataset.rows ? "" : ` of ${count(dataset.rows)}`} samples</span>
      ${this.query.filter.map((filter, index) => this.#chip(filter, result.chips.find(({ i }) => i === index)?.without))}
      <span class="spring"></span>
      ${!this.app.api.fromFolder && html`<label>Sort <select aria-label="Sort by" @change=${(/** @type {Event} */ event) => this.#wish({ ...this.query, sort: (falling ? "-" : "") + /** @type {HTMLSelectElement} */ (event.target).value })}>
        <option value="">as stored</option>${orders.map((name) => html`<option value=${name} ?selected=${name === sorted}>${name}</option>`)}</select></label>
      <button class="quiet" ?disabled=${!sorted} aria-label=${falling ? "Falling; make it rising" : "Rising; make it falling"} @click=${() => this.#wish({ ...this.query, sort: falling ? sorted : `-${sorted}` })}>${falling ? "↓" : "↑"}</button>`}
      <button class="primary" ?disabled=${!result.total} @click=${() => this.#open(this.grid.focused)}>Review these ${count(result.total)}</button>`);
  }

  /** A filter, and how many samples there would be without it. @param {Filter} filter @param {number | undefined} without */
  #chip(filter, without) {
    const effect = without === undefined ? "" : `without: ${count(without)}`;
    return html`<button class="chip filter" title="Take this filter away" @click=${() => this.#wish({ ...this.query, filter: this.query.filter.filter((item) => item !== filter) })}>
      ${filterText(filter)} <span class="dim">${effect}</span> ✕</button>`;
  }

  /** @param {import("./types.js").QueryResult} result */
  #drawNone(result) {
    const best = [...result.chips].sort((a, b) => b.without - a.without)[0];
    this.none.replaceChildren(html`<h2>0 of ${count(this.app.dataset.rows)}</h2>
      ${best && best.without > 0 && html`<p>Without “${filterText(this.query.filter[best.i])}” there would be ${count(best.without)}.</p>`}
      ${this.query.filter.length > 0 && html`<button @click=${() => this.#wish({ ...this.query, filter: [] })}>Take all filters away</button>`}`);
  }

  /** @param {HTMLElement} cell @param {number} index */
  async #fill(cell, index) {
    const number = this.result?.rows[index];
    if (number === undefined) return;
    try {
      const row = await this.app.rows.get(number);
      fillCard(cell, row, this.app.decisions.labelOf(row.id, row.my));
      if (!performance.getEntriesByName(FIRST_CARD).length) performance.mark(FIRST_CARD);
    } catch (error) {
      delete cell.dataset.filled;
      cell.title = /** @type {Error} */ (error).message;
    }
  }

  /** Decisions changed: the cards in sight say so. */
  #refill() {
    for (const cell of this.grid.element.querySelectorAll(".card")) this.#fill(/** @type {HTMLElement} */ (cell), Number(/** @type {HTMLElement} */ (cell).dataset.index));
  }

  /** @param {"undo" | "redo"} way */
  #undo(way) {
    const event = this.app.decisions[way]();
    this.app.tell.toast(event ? `${way === "undo" ? "Undone" : "Done again"}: ${event.verb} of ${event.sample}` : `Nothing to ${way}.`);
  }

  /** @param {number} index */
  async #open(index) {
    const number = this.result?.rows[index];
    if (number === undefined) return;
    const { router, rows } = this.app;
    router.note({ i: index ? String(index) : null });
    const { id } = await rows.get(number);
    const params = new URLSearchParams(Object.entries(paramsOf(this.query)).flatMap(([key, value]) => (value ? [[key, value]] : [])));
    router.go({ screen: "review", id, params });
  }

  close() {
    this.asking++;
    this.rail.close();
    this.grid.close();
    this.app.decisions.removeEventListener("change", this.onDecision);
  }
}
