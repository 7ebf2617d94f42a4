// @ts-check
/** The rail beside the grid: search, facets and histograms. It states what is filtered and tells what is wished. */
import { count, words } from "./format.js";
import { filterOn, replaced } from "./filters.js";
import { BINS, HistogramFilter } from "./histogram.js";
import { html } from "./html.js";

/** @typedef {import("./types.js").Column} Column */
/** @typedef {import("./types.js").QueryResult} QueryResult */
/** @typedef {import("./filters.js").Query} Query */

const FIRST_FACETS = ["verdict", "reason", "stage", "my", "conflict", "stale", "split", "identity"];
const MOST_FACETS = 9;
const VALUES_SHOWN = 9;
const HISTOGRAMS = 4;
const SEARCH_WAIT_MS = 250;
/** @type {Record<string, string>} */
const TITLES = { my: "my decision", stale: "made again since", conflict: "reviewers differ" };

export class FilterRail {
  /** @param {import("./main.js").App} app @param {(query: Query) => void} onQuery */
  constructor(app, onQuery) {
    this.app = app;
    this.onQuery = onQuery;
    /** @type {Query} */
    this.query = { filter: [], sort: "" };
    const { columns, rules } = app.dataset;
    this.facets = [...columns].filter(({ kind }) => kind === "facet").sort((a, b) => this.#rank(a) - this.#rank(b)).slice(0, MOST_FACETS).map(({ name }) => name);
    this.scores = columns.filter(({ kind, type, min, max }) => (kind === "score" || kind === "axis") && type === "number" && min !== null && min !== undefined && max !== min);
    const ruled = [...new Set(rules.map(({ score }) => score))].filter((name) => this.scores.some((column) => column.name === name));
    this.firstScores = (ruled.length ? ruled : this.scores.map(({ name }) => name)).slice(0, HISTOGRAMS);
    /** @type {Map<string, HistogramFilter>} */
    this.histograms = new Map();
    /** @type {Set<string>} facets of which all values are shown */
    this.open = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.searchTimer = undefined;
    /** @type {HTMLInputElement} */
    this.search = html`<input type="search" placeholder="Search id, source, reason" aria-label="Search">`;
    this.search.addEventListener("input", () => {
      clearTimeout(this.searchTimer);
      this.searchTimer = setTimeout(() => this.#search(), SEARCH_WAIT_MS);
    });
    this.search.addEventListener("keydown", (event) => { if (event.key === "Escape" || event.key === "Enter") this.search.blur(); });
    /** @type {HTMLElement} */
    this.facetSlot = html`<div></div>`;
    /** @type {HTMLElement} */
    this.scoreSlot = html`<div></div>`;
    /** @type {HTMLElement} */
    this.element = html`<aside class="rail" aria-label="Filters">${this.search}${this.facetSlot}<h2>Scores</h2>${this.scoreSlot}</aside>`;
  }

  /** @param {Column} column */
  #rank({ name }) {
    const rank = FIRST_FACETS.indexOf(name);
    return rank < 0 ? FIRST_FACETS.length : rank;
  }

  /** Columns whose histograms are shown: those of the URL, or the first ones. @returns {string[]} */
  get shownScores() {
    const stated = this.app.router.route.params.get("h");
    const names = stated === null ? this.firstScores : stated.split(",");
    const filtered = this.query.filter.filter(({ op }) => op === "between").map(({ col }) => col);
    return [...new Set([...names, ...filtered])].filter((name) => this.scores.some((column) => column.name === name));
  }

  /** What the query should answer for the rail. @param {Query} query */
  wishes(query) {
    this.query = query;
    return { facets: this.facets, hist: this.shownScores.map((col) => ({ col, bins: BINS })) };
  }

  #search() {
    const text = this.search.value.trim();
    this.onQuery(replaced(this.query, "search", text ? { col: "search", op: "contains", v: text } : null));
  }

  /** @param {Query} query @param {QueryResult} result */
  show(query, result) {
    this.query = query;
    if (document.activeElement !== this.search) this.search.value = String(filterOn(query, "search")?.v ?? "");
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.value : undefined;
    this.facetSlot.replaceChildren(...this.facets.filter((name) => (result.facets[name]?.length ?? 0) > 1 || filterOn(query, name)).map((name) => this.#facet(name, result.facets[name] ?? [])));
    if (focused) /** @type {HTMLElement | null} */ (this.facetSlot.querySelector(`[data-value="${CSS.escape(focused)}"]`))?.focus();
    this.#showScores(result);
  }

  /** @param {string} name @param {[import("./types.js").Scalar, number][]} values */
  #facet(name, values) {
    const chosen = /** @type {any[]} */ (filterOn(this.query, name)?.v ?? []);
    const all = this.open.has(name) ? values : values.slice(0, VALUES_SHOWN);
    const most = Math.max(1, ...values.map(([, number]) => number));
    return html`<section class="facet" data-facet=${name}><h2>${TITLES[name] ?? words(name.split(".").at(-1))}</h2>
      ${all.map(([value, number]) => html`<button class="value" data-value=${`${name}=${value}`} aria-pressed=${String(chosen.includes(value))} :style=${{ "--share": `${(100 * number) / most}%` }}
        @click=${() => this.#toggle(name, value)}><span>${value === null ? "none" : value === true ? "yes" : value === false ? "no" : words(String(value))}</span><span class="number">${count(number)}</span></button>`)}
      ${values.length > all.length && html`<button class="quiet" @click=${(/** @type {Event} */ event) => { this.open.add(name); /** @type {HTMLElement} */ (event.target).closest("section")?.replaceWith(this.#facet(name, values)); }}>${values.length - all.length} more</button>`}
    </section>`;
  }

  /** @param {string} name @param {import("./types.js").Scalar} value */
  #toggle(name, value) {
    const chosen = /** @type {any[]} */ (filterOn(this.query, name)?.v ?? []);
    const next = chosen.includes(value) ? chosen.filter((item) => item !== value) : [...chosen, value];
    this.onQuery(replaced(this.query, name, next.length ? { col: name, op: "in", v: next } : null));
  }

  /** @param {QueryResult} result */
  #showScores(result) {
    const shown = this.shownScores;
    for (const [name, histogram] of this.histograms) {
      if (shown.includes(name)) continue;
      histogram.close();
      this.histograms.delete(name);
    }
    for (const name of shown) {
      if (!this.histograms.has(name)) this.histograms.set(name, this.#histogram(name));
      const bounds = filterOn(this.query, name)?.v ?? [null, null];
      this.histograms.get(name)?.show(result.hist[name] ?? null, bounds);
    }
    const rest = this.scores.filter(({ name }) => !shown.includes(name));
    this.scoreSlot.replaceChildren(...shown.map((name) => /** @type {HistogramFilter} */ (this.histograms.get(name)).element),
      html`<select aria-label="Show another score" @change=${(/** @type {Event} */ event) => this.#setScores([...shown, /** @type {HTMLSelectElement} */ (event.target).value])}>
        <option value="">Show another score…</option>${rest.map(({ name }) => html`<option value=${name}>${name}</option>`)}</select>`);
  }

  /** @param {string} name */
  #histogram(name) {
    const column = /** @type {Column} */ (this.scores.find((item) => item.name === name));
    const bounds = this.app.dataset.rules.filter(({ score }) => score === name).flatMap(({ min, max }) => [min, max]).filter((bound) => bound !== null);
    return new HistogramFilter(column, {
      bounds: /** @type {number[]} */ (bounds),
      onChange: (low, high) => this.onQuery(replaced(this.query, name, low === null && high === null ? null : { col: name, op: "between", v: [low, high] })),
      onRemove: () => this.#setScores(this.shownScores.filter((item) => item !== name), name),
    });
  }

  /** @param {string[]} names @param {string} [removed] its filter goes with it */
  #setScores(names, removed) {
    this.app.router.note({ h: names.filter(Boolean).join(",") });
    this.onQuery(removed ? replaced(this.query, removed, null) : { ...this.query });
  }

  close() {
    clearTimeout(this.searchTimer);
    for (const histogram of this.histograms.values()) histogram.close();
  }
}
