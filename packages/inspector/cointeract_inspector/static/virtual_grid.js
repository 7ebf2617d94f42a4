// @ts-check
/**
 * A list of any length as a grid of cells, of which only those in sight exist.
 *
 * Cells lie in rows (`role=row`), rows are placed by transform in a spacer as high as the whole list would be. Browsers clamp very high
 * elements, so above `MOST_PIXELS` the spacer is shorter and the scroll position stands for a share of the list.
 */
import { html } from "./html.js";

const MOST_PIXELS = 8_000_000;
/** Fast scrolling passes over rows that nobody sees: cells are filled when it calms down, or after the longest wait. */
const CALM_MS = 40;
const LONGEST_WAIT_MS = 160;

export class VirtualGrid {
  /**
   * @param {{label: string, cell: () => HTMLElement, fill: (cell: HTMLElement, index: number) => void, onFocus: (index: number) => void,
   *   onOpen: (index: number) => void}} options
   */
  constructor({ label, cell, fill, onFocus, onOpen }) {
    this.makeCell = cell;
    this.fill = fill;
    this.onFocus = onFocus;
    this.onOpen = onOpen;
    this.total = 0;
    this.size = { width: 150, height: 280, gap: 10 };
    this.columns = 1;
    this.focused = 0;
    this.waitingSince = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Map<number, HTMLElement>} rows in the page by number */
    this.shown = new Map();
    /** @type {HTMLElement} */
    this.spacer = html`<div class="spacer" role="presentation"></div>`;
    /** @type {HTMLElement} */
    this.element = html`<div class="virtual" role="grid" aria-label=${label} tabindex="-1" @scroll=${() => this.#place(false)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event)}>${this.spacer}</div>`;
    this.element.addEventListener("click", (event) => {
      const index = this.#indexOf(event.target);
      if (index !== null) onOpen(index);
    });
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.element);
  }

  /** @param {EventTarget | null} target @returns {number | null} */
  #indexOf(target) {
    const cell = /** @type {HTMLElement} */ (target).closest?.("[data-index]");
    return cell ? Number(/** @type {HTMLElement} */ (cell).dataset.index) : null;
  }

  /** @param {number} total @param {{width: number, height: number, gap: number}} size of a cell */
  set(total, size) {
    this.total = total;
    this.size = size;
    this.focused = Math.min(this.focused, Math.max(total - 1, 0));
    this.#clear();
    this.layout();
  }

  #clear() {
    for (const row of this.shown.values()) row.remove();
    this.shown.clear();
  }

  get pitch() {
    return this.size.height + this.size.gap;
  }

  /** How far the list is moved up, in pixels of the whole list. */
  get #offset() {
    const view = this.element.clientHeight;
    const [whole, spacer] = [this.wholeHeight, this.spacerHeight];
    return spacer === whole || spacer <= view ? this.element.scrollTop : (this.element.scrollTop * (whole - view)) / (spacer - view);
  }

  get wholeHeight() {
    return Math.ceil(this.total / this.columns) * this.pitch;
  }

  get spacerHeight() {
    return Math.min(this.wholeHeight, MOST_PIXELS);
  }

  layout() {
    const columns = Math.max(1, Math.floor((this.element.clientWidth + this.size.gap) / (this.size.width + this.size.gap)));
    if (columns !== this.columns) this.#clear();
    this.columns = columns;
    this.element.setAttribute("aria-colcount", String(columns));
    this.element.setAttribute("aria-rowcount", String(Math.ceil(this.total / columns)));
    this.spacer.style.height = `${this.spacerHeight}px`;
    this.#place(true);
  }

  /** Put the rows in sight into the page, and take the others out. @param {boolean} now fill them without waiting */
  #place(now) {
    const offset = this.#offset;
    const first = Math.max(0, Math.floor(offset / this.pitch));
    const last = Math.min(Math.ceil(this.total / this.columns) - 1, Math.floor((offset + this.element.clientHeight - 1) / this.pitch));
    for (const [number, row] of this.shown) {
      if (number >= first && number <= last) continue;
      row.remove();
      this.shown.delete(number);
    }
    for (let number = first; number <= last; number++) {
      let row = this.shown.get(number);
      if (!row) {
        row = this.#row(number);
        this.shown.set(number, row);
        this.spacer.append(row);
      }
      row.style.transform = `translateY(${Math.round(number * this.pitch - offset + this.element.scrollTop)}px)`;
    }
    this.#fillSoon(now);
  }

  /** @param {number} number @returns {HTMLElement} */
  #row(number) {
    const row = html`<div role="row" class="row" aria-rowindex=${number + 1}></div>`;
    for (let index = number * this.columns; index < Math.min((number + 1) * this.columns, this.total); index++) {
      const cell = this.makeCell();
      cell.dataset.index = String(index);
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = index === this.focused ? 0 : -1;
      row.append(cell);
    }
    return row;
  }

  /** @param {boolean} now */
  #fillSoon(now) {
    clearTimeout(this.timer);
    if (!this.waitingSince) this.waitingSince = performance.now();
    if (now || performance.now() - this.waitingSince > LONGEST_WAIT_MS) this.#fillAll();
    else this.timer = setTimeout(() => this.#fillAll(), CALM_MS);
  }

  #fillAll() {
    this.waitingSince = 0;
    for (const cell of this.#cells()) {
      if (cell.dataset.filled) continue;
      cell.dataset.filled = "1";
      this.fill(cell, Number(cell.dataset.index));
    }
  }

  /** @returns {HTMLElement[]} */
  #cells() {
    return [...this.shown.values()].flatMap((row) => /** @type {HTMLElement[]} */ ([...row.children]));
  }

  /** Bring an item into sight; with `focus` also the keyboard's focus. @param {number} index @param {boolean} [focus] */
  reveal(index, focus = false) {
    this.focused = Math.min(Math.max(index, 0), Math.max(this.total - 1, 0));
    const top = Math.floor(this.focused / this.columns) * this.pitch;
    const view = this.element.clientHeight;
    const offset = this.#offset;
    if (top < offset || top + this.size.height > offset + view) {
      const aim = top < offset ? top : top + this.size.height - view;
      const [whole, spacer] = [this.wholeHeight, this.spacerHeight];
      this.element.scrollTop = spacer === whole || spacer <= view ? aim : (aim * (spacer - view)) / (whole - view);
    }
    this.#place(true);
    for (const cell of this.#cells()) {
      const here = cell.dataset.index === String(this.focused);
      cell.tabIndex = here ? 0 : -1;
      if (here && focus) cell.focus({ preventScroll: true });
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    /** @type {Record<string, number>} */
    const moves = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns, Home: -this.focused, End: this.total - 1 - this.focused,
      PageDown: this.columns * Math.max(1, Math.floor(this.element.clientHeight / this.pitch)),
      PageUp: -this.columns * Math.max(1, Math.floor(this.element.clientHeight / this.pitch)),
    };
    const by = moves[event.key];
    if (event.key === "Enter") this.onOpen(this.focused);
    else if (by === undefined) return;
    else {
      const next = this.focused + by;
      this.reveal(Math.abs(by) === this.columns && (next < 0 || next >= this.total) ? this.focused : next, true);
      this.onFocus(this.focused);
    }
    event.preventDefault();
  }

  close() {
    clearTimeout(this.timer);
    this.observer.disconnect();
  }
}
