// @ts-check
/**
 * Correcting a box on the paused RGB frame: draw a new one, move or resize the one that is there, and send the clip back.
 *
 * Drag on the picture draws, drag inside the box moves it, a corner resizes it; arrow keys move it by a pixel, with Shift they move its
 * lower right corner. Enter sends, Escape leaves.
 */
import { html } from "./html.js";
import { PART_COLOURS, PART_NAMES } from "./overlay.js";

/** @typedef {import("./types.js").Box} Box */
/** @typedef {import("./types.js").Part} Part */
/** @typedef {import("./types.js").Fix} Fix */

/** @type {Part[]} */
const PARTS = ["object", "left_hand", "right_hand", "face"];
const SMALLEST = 4;
/** Which ends of the box a corner moves. @type {Record<string, [number, number]>} */
const CORNERS = { nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] };
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Ends in order, whole pixels, inside the picture. @param {Box} box @param {[number, number]} size @returns {Box} */
export function inside([x1, y1, x2, y2], [width, height]) {
  const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(Math.max(Math.round(value), 0), most);
  const [left, right] = [clamp(Math.min(x1, x2), width), clamp(Math.max(x1, x2), width)];
  const [top, bottom] = [clamp(Math.min(y1, y2), height), clamp(Math.max(y1, y2), height)];
  return [left, top, right, bottom];
}

export class BoxEditor {
  /**
   * @param {HTMLElement} viewport of the RGB pane
   * @param {import("./types.js").LoadedSample} loaded
   * @param {{frame: number, zoom: () => import("./zoom.js").Zoom, send: (fix: Fix) => void, leave: () => void}} options
   */
  constructor(viewport, { sample, tracks }, { frame, zoom, send, leave }) {
    this.size = /** @type {[number, number]} */ (sample.size);
    this.tracks = tracks;
    this.frame = frame;
    this.zoom = zoom;
    this.send = send;
    this.leave = leave;
    /** @type {Part} */
    this.part = "object";
    /** @type {HTMLElement} */
    this.box = html`<div class="fix-box">${Object.keys(CORNERS).map((corner) => html`<i data-corner=${corner}></i>`)}</div>`;
    /** @type {HTMLElement} */
    this.element = html`<div class="fix-layer" tabindex="0" role="application" aria-label="Draw a box; arrow keys move it, Enter sends it" @pointerdown=${(/** @type {PointerEvent} */ event) => this.#drag(event)} @keydown=${(/** @type {KeyboardEvent} */ event) => this.#key(event)}>${this.box}</div>`;
    /** @type {HTMLElement} */
    this.panel = html`<div class="fix-panel" role="toolbar" aria-label="Correct a box">
      <b>Box on frame ${frame}</b>
      ${PARTS.map((part) => html`<button class="chip" data-part=${part} @click=${() => this.choose(part)}>${PART_NAMES[part]}</button>`)}
      <button class="primary" @click=${() => this.#send()}>Send back <kbd>Enter</kbd></button>
      <button class="quiet" @click=${leave}>Cancel <kbd>Esc</kbd></button>
    </div>`;
    viewport.append(this.element);
    viewport.closest(".pictures")?.after(this.panel);
    this.choose("object");
    this.element.focus();
  }

  /** @param {Part} part */
  choose(part) {
    this.part = part;
    const [width, height] = this.size;
    const found = this.tracks?.[part][this.frame]?.box;
    this.value = inside(found ? [...found] : [width * 0.4, height * 0.4, width * 0.6, height * 0.6], this.size);
    for (const button of this.panel.querySelectorAll("[data-part]")) button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.part === part));
    this.draw();
  }

  /** Pixel of the picture under the pointer. @param {PointerEvent} event @returns {[number, number]} */
  #at(event) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    const { s, x, y } = this.zoom();
    return [
      (x + ((event.clientX - left) / width - 0.5) / s) * this.size[0],
      (y + ((event.clientY - top) / height - 0.5) / s) * this.size[1],
    ];
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    this.element.focus();
    this.element.setPointerCapture(event.pointerId);
    const corner = /** @type {HTMLElement} */ (event.target).dataset.corner;
    const moves = event.target === this.box;
    const start = this.#at(event);
    const before = [.../** @type {Box} */ (this.value)];
    /** @param {PointerEvent} move */
    const drag = (move) => {
      const [x, y] = this.#at(move);
      const [dx, dy] = [x - start[0], y - start[1]];
      let next = /** @type {Box} */ ([...before]);
      if (corner) {
        const [i, j] = CORNERS[corner];
        next[i] += dx;
        next[j] += dy;
      } else if (moves) next = this.#moved(/** @type {Box} */ (before), dx, dy);
      else next = [start[0], start[1], x, y];
      this.value = inside(next, this.size);
      this.draw();
    };
    this.element.addEventListener("pointermove", drag);
    this.element.addEventListener("pointerup", () => this.element.removeEventListener("pointermove", drag), { once: true });
  }

  /** Moved as a whole, stopping at the edges. @param {Box} box @param {number} dx @param {number} dy @returns {Box} */
  #moved([x1, y1, x2, y2], dx, dy) {
    const mx = Math.min(Math.max(dx, -x1), this.size[0] - x2);
    const my = Math.min(Math.max(dy, -y1), this.size[1] - y2);
    return [x1 + mx, y1 + my, x2 + mx, y2 + my];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    const box = /** @type {Box} */ (this.value);
    if (event.key === "Enter") this.#send();
    else if (event.key === "Escape") this.leave();
    else if (event.shiftKey) this.value = inside([box[0], box[1], Math.max(box[2] + arrow[0], box[0] + SMALLEST), Math.max(box[3] + arrow[1], box[1] + SMALLEST)], this.size);
    else this.value = this.#moved(box, arrow[0], arrow[1]);
    this.draw();
  }

  #send() {
    const box = /** @type {Box} */ (this.value);
    if (box[2] - box[0] < SMALLEST || box[3] - box[1] < SMALLEST) return;
    this.send({ part: this.part, frame: this.frame, box, width: this.size[0], height: this.size[1] });
  }

  draw() {
    const [x1, y1, x2, y2] = /** @type {Box} */ (this.value);
    const { s, x, y } = this.zoom();
    const [width, height] = this.size;
    this.box.style.left = `${100 * (0.5 + (x1 / width - x) * s)}%`;
    this.box.style.top = `${100 * (0.5 + (y1 / height - y) * s)}%`;
    this.box.style.width = `${(100 * s * (x2 - x1)) / width}%`;
    this.box.style.height = `${(100 * s * (y2 - y1)) / height}%`;
    this.box.style.setProperty("--part", PART_COLOURS[this.part]);
  }

  close() {
    this.element.remove();
    this.panel.remove();
  }
}
