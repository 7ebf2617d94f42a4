// @ts-check
/** The bar that judges: reject, clear, accept, reasons, axes and a note. It holds what is being said until a verb is given. */
import { html } from "./html.js";
import { ariaKey, keyLabel } from "./keys.js";
import { verdictMark, words } from "./format.js";

/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {import("./types.js").Sample} Sample */

/** Said for a reject to which no reason was given. */
export const UNSPECIFIED = "unspecified";
const MISSING = "artifact_missing";
/** What a click on an axis makes of it: not said, pass, fail, unsure, and round again. @type {Record<string, string>} */
const NEXT_AXIS = { "": "pass", pass: "fail", fail: "unsure", unsure: "" };
/** @type {Record<string, string>} */
const AXIS_SIGN = { "": "", pass: "✓", fail: "✕", unsure: "?" };

export class DecisionBar {
  /**
   * @param {import("./main.js").App} app
   * @param {{decide: (verb: import("./types.js").Verb) => void, relabel: () => void, saveNote: () => void, fix: () => void}} actions
   */
  constructor(app, actions) {
    this.app = app;
    this.actions = actions;
    this.reasons = /** @type {Set<string>} */ (new Set());
    /** @type {Record<string, string>} */
    this.axes = {};
    /** @type {Decision | null} */
    this.mine = null;
    this.asking = false;
    this.all = false;
    /** @type {HTMLElement} */
    this.element = html`<section class="decision" aria-label="Decision"></section>`;
    /** @type {HTMLTextAreaElement} */
    this.note = html`<textarea rows="1" placeholder="Note" aria-label="Note" maxlength="4000" @keydown=${(/** @type {KeyboardEvent} */ event) => this.#noteKey(event)}></textarea>`;
  }

  /** @param {Sample} sample @param {Decision | null} mine @param {Decision[] | null} others */
  show(sample, mine, others) {
    this.mine = mine;
    this.others = others;
    this.asking = false;
    const missing = Object.values(sample.artifacts).some((artifact) => artifact?.error) && this.app.dataset.reasons.some(({ id }) => id === MISSING);
    this.reasons = new Set(mine?.reasons ?? (missing ? [MISSING] : []));
    this.axes = { ...mine?.axes };
    this.note.value = mine?.note ?? "";
    this.#draw();
  }

  /** @param {string} action @param {string} label @param {string} tone @param {() => void} run @param {boolean} chosen */
  #verb(action, label, tone, run, chosen) {
    const key = this.app.keys.of(action)[0];
    return html`<button class=${`verb ${tone} ${chosen ? "chosen" : ""}`} aria-pressed=${String(chosen)} aria-keyshortcuts=${key ? ariaKey(key) : null} @click=${run}>
      ${label}${key && html`<kbd>${keyLabel(key)}</kbd>`}</button>`;
  }

  /** Those with keys and those given; the others when they are asked for. */
  get #shownReasons() {
    return this.app.dataset.reasons.filter(({ id, key }) => this.all || key || this.reasons.has(id));
  }

  #draw() {
    const { app, mine, actions } = this;
    const mark = verdictMark(mine?.verb ?? null);
    this.element.classList.toggle("asking", this.asking);
    this.element.replaceChildren(html`
      <div class="verbs">
        ${this.#verb("reject", "Reject", "reject", () => actions.decide("reject"), mine?.verb === "reject")}
        ${this.#verb("clear", "Clear", "clear", () => actions.decide("clear"), false)}
        ${this.#verb("accept", "Accept", "accept", () => actions.decide("accept"), mine?.verb === "accept")}
      </div>
      <div class="reasons" role="group" aria-label="Reasons" @keydown=${(/** @type {KeyboardEvent} */ event) => this.#reasonKey(event)}>
        ${this.asking && html`<span class="ask">Why? <kbd>Enter</kbd> without one: unspecified</span>`}
        ${this.#shownReasons.map((reason) => html`<button class="chip" data-reason=${reason.id} aria-pressed=${String(this.reasons.has(reason.id))}
          title=${reason.label} aria-keyshortcuts=${reason.key} @click=${() => this.toggle(reason.id)}>${reason.key && html`<kbd>${reason.key}</kbd>`}${words(reason.id)}</button>`)}
        ${app.dataset.reasons.length > this.#shownReasons.length && html`<button class="quiet chip" @click=${() => { this.all = true; this.#draw(); }}>${app.dataset.reasons.length - this.#shownReasons.length} more</button>`}
      </div>
      <div class="said">
        <div class="axes" role="group" aria-label="Axes">
          ${app.dataset.axes.map((axis) => html`<button class=${`chip axis ${this.axes[axis] ?? ""}`} data-axis=${axis} @click=${() => this.#cycle(axis)}
            aria-label=${`${words(axis)}: ${this.axes[axis] ?? "not said"}`}>${words(axis)}<span class="axis-sign">${AXIS_SIGN[this.axes[axis] ?? ""]}</span></button>`)}
        </div>
        ${this.note}
        <span class="mine"><span class=${`mark ${mark.tone}`}>${mark.letter}</span> ${mine ? `you: ${mark.word}` : "you: undecided"}${mine?.stale && html` <span class="badge warn" title="The sample was made again since you decided">stale</span>`}
          ${this.others?.map((other) => html`<span class="other" title=${[...other.reasons.map(words), other.note].filter(Boolean).join(" · ")}>${other.reviewer}: ${verdictMark(other.verb).word}</span>`)}</span>
        <button class="quiet" @click=${actions.fix}>Correct a box <kbd>${keyLabel(app.keys.of("fix")[0] ?? "")}</kbd></button>
      </div>`);
  }

  /** @param {string} reason */
  toggle(reason) {
    if (!this.reasons.delete(reason)) this.reasons.add(reason);
    const focused = this.element.contains(document.activeElement);
    this.#draw();
    if (focused || this.asking) this.#focusReason(reason);
    if (this.mine && !this.asking) this.actions.relabel();
  }

  /** Reason of a number key. @param {number} number 1 to 9 */
  toggleNumber(number) {
    const reason = this.app.dataset.reasons.find(({ key }) => key === String(number));
    if (reason) this.toggle(reason.id);
  }

  /** @param {string} axis */
  #cycle(axis) {
    const next = NEXT_AXIS[this.axes[axis] ?? ""];
    const { [axis]: _, ...rest } = this.axes;
    this.axes = next ? { ...rest, [axis]: next } : rest;
    this.#draw();
    /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-axis="${axis}"]`))?.focus();
    if (this.mine) this.actions.relabel();
  }

  /** A reject without a reason: the strip asks for one. */
  ask() {
    this.asking = true;
    this.#draw();
    this.#focusReason(this.app.dataset.reasons[0]?.id);
    this.app.tell.announce("Why? Give a reason by number; Enter means unspecified.");
  }

  /** @param {string | undefined} reason */
  #focusReason(reason) {
    if (reason) /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-reason="${reason}"]`))?.focus();
  }

  /** @param {KeyboardEvent} event */
  #reasonKey(event) {
    if (!this.asking || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") {
      this.asking = false;
      this.#draw();
      return;
    }
    if (!this.reasons.size) this.reasons.add(UNSPECIFIED);
    this.actions.decide("reject");
  }

  /** @param {KeyboardEvent} event */
  #noteKey(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" || (event.key === "Enter" && event.ctrlKey)) {
      event.preventDefault();
      if (event.key === "Enter") this.actions.saveNote();
      this.note.blur();
    }
  }

  /** What goes with a verb. @returns {{reasons: string[], axes: Record<string, string>, note: string}} */
  get said() {
    return { reasons: [...this.reasons], axes: this.axes, note: this.note.value.trim() };
  }
}
