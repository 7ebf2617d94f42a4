// @ts-check
/** The two references, and the place of the clip that each was made from, which flickers over it while a key is held. */
import { html } from "./html.js";

/** At most two changes of picture a second (WCAG 2.3.1 allows three flashes). */
const FLICKER_MS = 500;
const NAMES = { person: "Person", product: "Product" };

export class References {
  /** @param {import("./types.js").Sample} sample */
  constructor(sample) {
    /** @type {HTMLElement[]} */
    this.sources = [];
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    const [width, height] = sample.size ?? [9, 16];
    /** @type {HTMLElement} */
    this.element = html`<aside class="references" aria-label="References" :style=${{ "--shape": `${width} / ${height}` }}>
      ${/** @type {("person" | "product")[]} */ (["person", "product"]).map((name) => this.#reference(sample, name))}
      <button class="quiet" aria-keyshortcuts="f" @pointerdown=${() => this.start()} @pointerup=${() => this.stop()} @pointerleave=${() => this.stop()}>
        Hold to flicker over the source <kbd>F</kbd></button>
    </aside>`;
  }

  /** @param {import("./types.js").Sample} sample @param {"person" | "product"} name */
  #reference(sample, name) {
    const reference = sample.refs[name];
    const error = sample.artifacts[name]?.error;
    if (!reference?.url) {
      return html`<figure><figcaption>${NAMES[name]}</figcaption><div class="absent"><b>${error?.message ?? `No ${name} reference`}</b><span>${error?.hint ?? ""}</span></div></figure>`;
    }
    const source = reference.source_url && html`<img class="source" src=${reference.source_url} alt=${`${NAMES[name]}: the frame it was made from`} hidden>`;
    if (source) this.sources.push(source);
    return html`<figure data-ref=${name}>
      <figcaption>${NAMES[name]}<span class="where">${reference.frame === null || reference.frame === undefined ? "" : `frame ${reference.frame}`}</span></figcaption>
      <div class="still"><img src=${reference.url} alt=${`${NAMES[name]} reference`}>${source}</div>
    </figure>`;
  }

  /** Show the sources: by turns, or steadily where the person asked for less motion. */
  start() {
    this.stop();
    this.#show(true);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    let on = true;
    this.timer = setInterval(() => this.#show((on = !on)), FLICKER_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.#show(false);
  }

  /** @param {boolean} sources */
  #show(sources) {
    for (const source of this.sources) source.hidden = !sources;
  }

  close() {
    clearInterval(this.timer);
  }
}
