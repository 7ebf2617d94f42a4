// @ts-check
/** The review page: one sample after another of a query, judged from the keyboard. */
import { DecisionBar } from "./decision_bar.js";
import { paramsOf, queryOf } from "./filters.js";
import { count, verdictMark } from "./format.js";
import { html } from "./html.js";
import { SampleView } from "./sample_view.js";
import { whyDrawer } from "./why.js";

/** @typedef {import("./main.js").App} App */
/** @typedef {import("./types.js").Row} Row */

/** Parameters that belong to one sample and are left behind with it. */
const OF_ONE_SAMPLE = ["k", "loop"];
const AHEAD = 2;
const BLOCK = 200;
const RETRY_MS = 2000;

export class ReviewPage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {SampleView | null} */
    this.view = null;
    /** @type {import("./types.js").LoadedSample | null} */
    this.loaded = null;
    this.opening = 0;
    this.openedAt = 0;
    /** @type {import("./types.js").QueryResult | null} */
    this.result = null;
    this.index = -1;
    this.bar = new DecisionBar(app, {
      decide: (verb) => this.decide(verb), relabel: () => this.#add("relabel"), saveNote: () => this.#saveNote(), fix: () => this.startFix(),
    });
    /** @type {HTMLElement} */
    this.head = html`<div class="review-head"></div>`;
    /** @type {HTMLElement} */
    this.side = html`<div class="why-slot"></div>`;
    /** @type {HTMLElement} */
    this.stage = html`<div class="stage-slot"></div>`;
    /** @type {HTMLElement} */
    this.element = html`<main class="review" data-screen="review">${this.head}<div class="review-body">${this.side}${this.stage}</div>${app.api.fromFolder ? null : this.bar.element}</main>`;
    this.onProgress = () => this.#drawHead();
    app.addEventListener("progress", this.onProgress);
    this.onDecision = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail.event.sample === this.loaded?.sample.id) this.#drawDecision();
      this.#drawHead();
    };
    app.decisions.addEventListener("change", this.onDecision);
  }

  get sample() {
    return this.loaded?.sample;
  }

  /** @param {import("./types.js").Route} route */
  async show(route) {
    const turn = ++this.opening;
    const query = queryOf(route.params);
    const asked = this.app.rows.query(query);
    if (!route.id) return this.#openFirst(await asked, Number(route.params.get("i") ?? 0));
    if (route.id !== this.sample?.id) {
      const slow = setTimeout(() => this.element.classList.add("loading"), 120);
      try {
        await this.#open(route.id, Number(route.params.get("k") ?? 0), turn);
      } catch (error) {
        if (turn === this.opening) this.#failed(/** @type {import("./api.js").ApiError} */ (error), route.id);
      } finally {
        clearTimeout(slow);
        if (turn === this.opening) this.element.classList.remove("loading");
      }
    } else {
      this.view?.player.seek(Number(route.params.get("k") ?? 0));
    }
    this.result = await asked;
    if (turn !== this.opening || !this.sample) return undefined;
    this.index = this.result.rows.indexOf(this.sample.row);
    this.#drawHead();
    this.#prefetch();
    return undefined;
  }

  /** @param {import("./types.js").QueryResult} result @param {number} at */
  async #openFirst(result, at) {
    const row = result.rows[at] ?? result.rows[0];
    if (row === undefined) {
      this.stage.replaceChildren(html`<div class="empty"><h2>Nothing to review</h2><p>No sample fits the query. <a data-route href=${this.app.router.href({ screen: "grid", id: null, params: this.app.router.route.params })}>To the grid</a></p></div>`);
      return;
    }
    this.#go((await this.app.rows.get(row)).id, "replace");
  }

  /** Put the next sample's pictures under the present ones, and change over when they are shown. @param {string} id @param {number} frame @param {number} turn */
  async #open(id, frame, turn) {
    const loaded = await this.app.loader.get(id);
    if (turn !== this.opening) return;
    const former = this.view;
    const view = new SampleView(this.app, loaded);
    view.element.classList.add("coming");
    this.view = view;
    this.loaded = loaded;
    this.stage.append(view.element);
    view.panes.fit();
    await view.ready(frame);
    former?.close();
    if (turn !== this.opening) return;
    view.element.classList.remove("coming");
    this.stage.replaceChildren(view.element);
    this.side.replaceChildren(whyDrawer(loaded.sample));
    this.element.classList.toggle("no-why", this.app.router.route.params.get("w") === "0");
    this.openedAt = performance.now();
    this.#drawDecision();
    this.app.keys.screen = { ...this.handlers, ...view.handlers };
    document.title = `${id} – CoInteract`;
    this.stage.dataset.shown = id;
    view.panes.fit();
  }

  /** @param {import("./api.js").ApiError} error @param {string} id */
  #failed(error, id) {
    // A server that was away may be back: the sample opens then by itself.
    const turn = this.opening;
    const again = () => { if (turn === this.opening) this.show(this.app.router.route); };
    if (error.status === 0) setTimeout(again, RETRY_MS);
    this.view?.close();
    this.view = null;
    this.loaded = null;
    this.app.keys.screen = this.handlers;
    this.side.replaceChildren();
    this.stage.replaceChildren(html`<div class="empty"><h2>${id} can't be shown</h2><p>${error.message}</p><p class="dim">${error.hint}</p><button @click=${again}>Try again</button></div>`);
  }

  #drawHead() {
    const { app, result, sample } = this;
    if (!sample) return;
    const mark = verdictMark(sample.verdict);
    const place = this.index < 0 ? "not in the query" : `${count(this.index + 1)} / ${count(result?.total ?? 0)}`;
    const progress = app.progressNow;
    const accepted = progress?.by_label.accept ?? 0;
    this.head.replaceChildren(html`
      <span class="place">${result ? place : ""}</span>
      <span class=${`mark ${mark.tone}`} title=${mark.word}>${mark.letter}</span><b class="id">${sample.id}</b>
      ${sample.decisions.conflict && html`<span class="badge warn">reviewers differ</span>`}
      <span class="spring"></span>
      ${progress && !app.api.fromFolder && html`<span class="dim">${count(progress.done)} of ${count(progress.total)} decided${progress.done ? `, ${Math.round((100 * accepted) / progress.done)} % accepted` : ""}</span>`}
      ${app.decisions.steps.undo.length > 0 && html`<button class="quiet" @click=${() => this.undo()}>Undo <kbd>Z</kbd></button>`}
      ${app.decisions.steps.redo.length > 0 && html`<button class="quiet" @click=${() => this.redo()}>Redo <kbd>⇧Z</kbd></button>`}
      <button class="quiet" @click=${() => this.compare()}>Compare</button>
      <button class="quiet" aria-label="Previous sample" @click=${() => this.move(-1)}>‹ <kbd>K</kbd></button>
      <button class="quiet" aria-label="Next sample" @click=${() => this.move(1)}>› <kbd>J</kbd></button>`);
  }

  #drawDecision() {
    const { sample, app } = this;
    if (!sample) return;
    const mine = app.decisions.of(sample.id, sample.decisions.mine);
    this.bar.show(sample, mine, mine ? sample.decisions.others : null);
  }

  /** @param {string} id @param {"go" | "replace"} [way] */
  #go(id, way = "go") {
    const params = new URLSearchParams(this.app.router.route.params);
    for (const name of [...OF_ONE_SAMPLE, "i"]) params.delete(name);
    this.app.router[way]({ screen: "review", id, params });
  }

  /** @param {number} by */
  async move(by) {
    const row = this.result?.rows[this.index + by];
    if (this.index + by < 0 || row === undefined) {
      this.app.tell.toast(by > 0 ? `That was the last of ${count(this.result?.total ?? 0)}.` : "This is the first one.");
      return;
    }
    try {
      this.#go((await this.app.rows.get(row)).id);
    } catch (error) {
      this.app.tell.toast(`The next sample can't be opened: ${/** @type {Error} */ (error).message}`, "bad");
    }
  }

  /** The next one that this reviewer hasn't decided. */
  async nextUndecided() {
    const { rows, decisions, tell } = this.app;
    const numbers = this.result?.rows ?? new Uint32Array();
    for (let from = this.index + 1; from < numbers.length; from += BLOCK) {
      const block = await Promise.all([...numbers.slice(from, from + BLOCK)].map((number) => rows.get(number)));
      const found = block.find((row) => decisions.labelOf(row.id, row.my) === null);
      if (found) return this.#go(found.id);
    }
    return tell.toast("Nothing undecided after this one.");
  }

  async #prefetch() {
    const numbers = [...(this.result?.rows.slice(this.index + 1, this.index + 1 + AHEAD) ?? [])];
    if (this.index < 0) return;
    try {
      this.app.loader.prefetch((await Promise.all(numbers.map((number) => this.app.rows.get(number)))).map((row) => row.id));
    } catch { /* nothing is ahead of time then; opening the sample says what is wrong */ }
  }

  /** @param {import("./types.js").Verb} verb @param {Partial<import("./types.js").Draft>} [fields] @returns {boolean} whether it was taken */
  #add(verb, fields = {}) {
    const { app, sample, view } = this;
    if (!sample || !app.mayDecide()) return false;
    const { reasons, axes, note } = this.bar.said;
    const dwell = Math.round(performance.now() - this.openedAt);
    app.decisions.add(sample, verb, { reasons: verb === "reject" || verb === "relabel" ? reasons : [], axes, note, frame: view?.player.frame ?? null, dwell_ms: dwell, ...fields });
    app.tell.announce(`${sample.id}: ${verdictMark(verb).word === "undecided" ? verb : verdictMark(verb).word}`);
    return true;
  }

  /** @param {import("./types.js").Verb} verb */
  async decide(verb) {
    if (!this.sample || !this.app.mayDecide()) return;
    if (verb === "reject" && !this.bar.reasons.size) {
      this.bar.ask();
      return;
    }
    const id = this.sample.id;
    if (!this.#add(verb, verb === "clear" ? { reasons: [], axes: {}, note: "" } : {})) return;
    if (this.app.router.route.params.get("c") === "1") await this.#reveal(id);
    else await this.move(1);
  }

  /** Blind conflicts: once this reviewer decided, show what the others said. @param {string} id */
  async #reveal(id) {
    await this.app.outboxEmpty();
    const { decisions } = await this.app.api.sample(id);
    if (this.sample?.id !== id) return;
    this.sample.decisions.others = decisions.others;
    this.#drawDecision();
  }

  #saveNote() {
    if (this.#add("note")) this.app.tell.toast("Note saved.", "good");
  }

  startFix() {
    if (!this.app.mayDecide()) return;
    this.view?.startFix((fix) => {
      if (this.#add("fix", { fix })) this.app.tell.toast("Sent back: `cointeract requeue --reviewed` runs it again with this box.", "good");
    });
  }

  undo() {
    this.#return(this.app.decisions.undo(), "Nothing to undo.", "Undone");
  }

  redo() {
    this.#return(this.app.decisions.redo(), "Nothing to redo.", "Done again");
  }

  /** To the sample that an undo or a redo changed. @param {import("./types.js").Draft | null} event @param {string} nothing @param {string} done */
  #return(event, nothing, done) {
    this.app.tell.toast(event ? `${done}: ${event.verb} of ${event.sample}` : nothing);
    if (event && event.sample !== this.sample?.id) this.#go(event.sample);
  }

  /** This sample beside its neighbour in the query. */
  async compare() {
    const { router, rows } = this.app;
    const neighbour = this.result?.rows[this.index + (this.index > 0 ? -1 : 1)];
    const params = new URLSearchParams({ a: this.sample?.id ?? "", b: neighbour === undefined ? "" : (await rows.get(neighbour)).id });
    router.go({ screen: "compare", id: null, params });
  }

  toggleWhy() {
    const hidden = this.element.classList.toggle("no-why");
    this.app.router.note({ w: hidden ? "0" : null });
  }

  toGrid() {
    const { router } = this.app;
    const params = new URLSearchParams(Object.entries(paramsOf(queryOf(router.route.params))).flatMap(([key, value]) => (value ? [[key, value]] : [])));
    if (this.index >= 0) params.set("i", String(this.index));
    router.go({ screen: "grid", id: null, params });
  }

  /** @returns {import("./keys.js").Handlers} */
  get handlers() {
    return {
      accept: () => this.decide("accept"), reject: () => this.decide("reject"), clear: () => this.decide("clear"), skip: () => this.decide("skip"),
      undo: () => this.undo(), redo: () => this.redo(), note: () => this.bar.note.focus(), fix: () => this.startFix(),
      next: () => this.move(1), previous: () => this.move(-1), nextUndecided: () => this.nextUndecided(), grid: () => this.toGrid(), why: () => this.toggleWhy(),
      ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`reason${index + 1}`, () => this.bar.toggleNumber(index + 1)])),
    };
  }

  close() {
    this.opening++;
    this.view?.close();
    this.app.removeEventListener("progress", this.onProgress);
    this.app.decisions.removeEventListener("change", this.onDecision);
  }
}
