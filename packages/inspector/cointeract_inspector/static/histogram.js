// @ts-check
/** How a score is spread, with two handles that filter by it. */
import { html } from "./html.js";
import { columnLabel, score } from "./format.js";

/** @typedef {import("./types.js").Histogram} Histogram */

const STEPS = 200;
export const BINS = 40;

export class HistogramFilter {
  /**
   * @param {import("./types.js").Column} column
   * @param {{bounds: number[], onChange: (low: number | null, high: number | null) => void, onRemove: () => void}} options bounds of the rules on this score
   */
  constructor(column, { bounds, onChange, onRemove }) {
    this.column = column;
    this.min = column.min ?? 0;
    this.max = column.max ?? 1;
    this.bounds = bounds;
    this.onChange = onChange;
    /** @type {Histogram | null} */
    this.histogram = null;
    /** @type {HTMLCanvasElement} */
    this.canvas = html`<canvas aria-hidden="true"></canvas>`;
    /** @type {[HTMLInputElement, HTMLInputElement]} */
    this.handles = [this.#handle("least", 0), this.#handle("most", STEPS)];
    /** @type {HTMLElement} */
    this.label = html`<span class="bounds"></span>`;
    /** @type {HTMLElement} */
    this.element = html`<div class="histogram" data-col=${column.name}>
      <div class="title"><span title=${column.name}>${columnLabel(column.name)}</span>${this.label}<button class="quiet" aria-label=${`Hide ${column.name}`} @click=${onRemove}>✕</button></div>
      <div class="plot">${this.canvas}${this.handles}</div></div>`;
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  /** @param {string} name @param {number} value @returns {HTMLInputElement} */
  #handle(name, value) {
    const input = html`<input type="range" min="0" max=${STEPS} value=${value} aria-label=${`${this.column.name}: ${name}`}>`;
    input.addEventListener("input", () => { this.#order(input); this.draw(); });
    input.addEventListener("change", () => this.onChange(...this.range));
    return input;
  }

  /** A handle pushes the other one along. @param {HTMLInputElement} moved */
  #order(moved) {
    const [low, high] = this.handles;
    if (Number(low.value) <= Number(high.value)) return;
    (moved === low ? high : low).value = moved.value;
  }

  /** @param {number} step */
  #valueAt(step) {
    return this.min + ((this.max - this.min) * step) / STEPS;
  }

  /** Bounds that the handles state; null at an end of the axis. @returns {[number | null, number | null]} */
  get range() {
    const [low, high] = this.handles.map((handle) => Number(handle.value));
    return [low === 0 ? null : Number(this.#valueAt(low).toPrecision(4)), high === STEPS ? null : Number(this.#valueAt(high).toPrecision(4))];
  }

  /** @param {Histogram | null} histogram @param {[number | null, number | null]} range */
  show(histogram, [low, high]) {
    if (histogram) {
      this.histogram = histogram;
      this.min = histogram.min;
      this.max = histogram.max;
    }
    const step = (/** @type {number} */ value) => Math.round((STEPS * (value - this.min)) / (this.max - this.min || 1));
    this.handles[0].value = String(low === null ? 0 : step(low));
    this.handles[1].value = String(high === null ? STEPS : step(high));
    this.draw();
  }

  draw() {
    const [low, high] = this.range;
    this.label.textContent = low === null && high === null ? "" : `${low === null ? "" : `≥ ${score(low)}`} ${high === null ? "" : `≤ ${score(high)}`}`.trim();
    this.handles.forEach((handle) => handle.setAttribute("aria-valuetext", score(this.#valueAt(Number(handle.value)))));
    const context = this.canvas.getContext("2d");
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!context || !this.histogram || !width) return;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    context.scale(ratio, ratio);
    const style = getComputedStyle(this.element);
    const most = Math.max(1, ...this.histogram.counts);
    const bar = width / this.histogram.counts.length;
    this.histogram.counts.forEach((number, index) => {
      const middle = this.min + ((this.max - this.min) * (index + 0.5)) / (this.histogram?.counts.length ?? 1);
      const inside = (low === null || middle >= low) && (high === null || middle <= high);
      context.fillStyle = style.getPropertyValue(inside ? "--accent" : "--line").trim();
      // A root keeps single samples visible beside thousands.
      const tall = number ? Math.max(1.5, Math.sqrt(number / most) * height) : 0;
      context.fillRect(index * bar, height - tall, Math.max(bar - 1, 1), tall);
    });
    context.fillStyle = style.getPropertyValue("--reject").trim();
    for (const bound of this.bounds) context.fillRect(((bound - this.min) / (this.max - this.min || 1)) * width - 0.5, 0, 1, height);
  }

  close() {
    this.observer.disconnect();
  }
}
