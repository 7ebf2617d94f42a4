// @ts-check
/** One sample in the grid. Few elements, because there are many cards. */
import { html } from "./html.js";
import { columnLabel, score, verdictMark, words } from "./format.js";

/** @typedef {import("./types.js").Row} Row */

/** Frames in a hover strip, side by side. */
export const STRIP_FRAMES = 9;

const ID_START = 5;
const ID_END = 9;

/** An id in the width of a card: its start and its end tell samples apart. @param {string} id */
const shortId = (id) => (id.length > ID_START + ID_END + 2 ? `${id.slice(0, ID_START)}…${id.slice(-ID_END)}` : id);

/** @returns {HTMLElement} */
export const emptyCard = () => html`<div class="card"><img alt="" decoding="async"><b></b><span></span><i></i></div>`;

/** @param {HTMLElement} card @param {Row} row @param {string | null} mine */
export function fillCard(card, row, mine) {
  const [image, title, line, sign] = /** @type {HTMLElement[]} */ ([...card.children]);
  const mark = verdictMark(row.verdict);
  const my = verdictMark(row.stale ? "stale" : mine);
  card.dataset.id = row.id;
  card.dataset.tone = mark.tone;
  card.dataset.letter = mark.letter;
  card.dataset.strip = row.strip ?? "";
  card.setAttribute("aria-label", `${row.id}, ${mark.word}${row.reason ? `, ${words(row.reason)}` : ""}, you: ${my.word}`);
  if (row.poster) /** @type {HTMLImageElement} */ (image).src = row.poster;
  else image.removeAttribute("src");
  title.textContent = row.reason ? words(row.reason) : shortId(row.id);
  title.title = row.id;
  line.textContent = Object.entries(row.scores).filter(([, value]) => value !== null).slice(0, 2)
    .map(([name, value]) => `${columnLabel(name).split(" · ").at(-1)} ${score(value)}`).join("\n");
  sign.textContent = mine || row.stale ? `you: ${my.word}` : "";
  sign.className = my.tone;
}

/** The strip over the card under the pointer: moving sideways goes through the clip, without a video. */
export class HoverStrip {
  /** @param {HTMLElement} grid */
  constructor(grid) {
    /** @type {HTMLElement} */
    this.element = html`<div class="strip" aria-hidden="true"></div>`;
    grid.addEventListener("pointermove", (event) => this.#move(event));
    grid.addEventListener("pointerleave", () => this.element.remove());
    grid.addEventListener("scroll", () => this.element.remove());
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const card = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest?.(".card"));
    if (!card?.dataset.strip) {
      this.element.remove();
      return;
    }
    const image = /** @type {HTMLElement} */ (card.firstElementChild);
    const { left, width } = image.getBoundingClientRect();
    const frame = Math.min(Math.max(Math.floor(((event.clientX - left) / width) * STRIP_FRAMES), 0), STRIP_FRAMES - 1);
    if (this.element.parentElement !== card) {
      this.element.style.backgroundImage = `url("${encodeURI(card.dataset.strip)}")`;
      card.append(this.element);
    }
    this.element.style.backgroundPosition = `${(100 * frame) / (STRIP_FRAMES - 1)}% 0`;
    this.element.style.setProperty("--at", `${(100 * (frame + 1)) / STRIP_FRAMES}%`);
  }
}
