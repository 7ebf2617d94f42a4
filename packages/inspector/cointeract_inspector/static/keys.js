// @ts-check
/**
 * Keys to actions. Each can be given another key, and all can be switched off (WCAG 2.1.4); what they do is on buttons too.
 *
 * No action is taken while a person writes, composes by an input method, or holds Ctrl, Alt or Meta.
 */
import { ACTIONS } from "./actions.js";

/** @typedef {(() => void) | {down: () => void, up: () => void}} Handler */
/** @typedef {Record<string, Handler>} Handlers */

const STORE = "cointeract.keys";

/** The name of a pressed key: `a`, `Shift+J`, `ArrowLeft`, `Space`, `?`. @param {KeyboardEvent} event */
export function keyName(event) {
  const key = event.key === " " ? "Space" : event.key;
  if (key.length > 1) return event.shiftKey && key !== "Shift" ? `Shift+${key}` : key;
  const lower = key.toLowerCase();
  if (lower === key.toUpperCase()) return key;  // no letter: what Shift makes of it is a character of its own
  return event.shiftKey ? `Shift+${lower.toUpperCase()}` : lower;
}

const SHOWN = { Space: "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

/** A key as it is printed on a keyboard. @param {string} key */
export function keyLabel(key) {
  const parts = key.length > 1 ? key.split("+") : [key];
  return parts.map((part) => /** @type {Record<string, string>} */ (SHOWN)[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ");
}

/** As `aria-keyshortcuts` wants it. @param {string} key */
export const ariaKey = (key) => (key === "+" ? "Plus" : key);

/** @param {EventTarget | null} target */
function writes(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["range", "checkbox", "radio", "button"].includes(target.type);
}

/** Space and Enter belong to a focused button or link; arrows to a slider that isn't the scrubber. @param {EventTarget | null} target @param {string} key */
function ownsKey(target, key) {
  if (!(target instanceof HTMLElement)) return false;
  if (["Space", "Enter"].includes(key)) return Boolean(target.closest("button, a[href], summary, input[type=checkbox]"));
  if (target.dataset.ownKeys !== undefined) return false;
  return target instanceof HTMLInputElement && target.type === "range" && /Arrow|Home|End|Page/.test(key);
}

export class Keys {
  constructor() {
    /** @type {{off: boolean, remapped: Record<string, string[]>}} */
    this.settings = { off: false, remapped: {} };
    try {
      this.settings = { ...this.settings, ...JSON.parse(localStorage.getItem(STORE) ?? "{}") };
    } catch { /* what was kept can't be read: the first keys hold */ }
    /** @type {Handlers} */
    this.common = {};
    /** @type {Handlers} */
    this.screen = {};
    /** @type {Set<string>} actions whose key is held */
    this.held = new Set();
    window.addEventListener("keydown", (event) => this.#down(event));
    window.addEventListener("keyup", (event) => this.#up(event));
    window.addEventListener("blur", () => this.#release());
  }

  /** @param {string} action @returns {string[]} */
  of(action) {
    return this.settings.remapped[action] ?? ACTIONS.find(({ id }) => id === action)?.keys ?? [];
  }

  /** @param {string} key @returns {string | undefined} */
  actionOf(key) {
    return ACTIONS.find(({ id }) => this.of(id).includes(key))?.id;
  }

  /** Give an action a key; an action that had it loses it. @param {string} action @param {string} key */
  remap(action, key) {
    const former = this.actionOf(key);
    const remapped = { ...this.settings.remapped };
    if (former && former !== action) remapped[former] = this.of(former).filter((item) => item !== key);
    remapped[action] = [key];
    this.#store({ ...this.settings, remapped });
  }

  reset() {
    this.#store({ off: false, remapped: {} });
  }

  /** @param {boolean} off */
  setOff(off) {
    this.#store({ ...this.settings, off });
  }

  /** @param {{off: boolean, remapped: Record<string, string[]>}} settings */
  #store(settings) {
    this.settings = settings;
    localStorage.setItem(STORE, JSON.stringify(settings));
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (this.settings.off || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const key = keyName(event);
    if (writes(event.target) || ownsKey(event.target, key) || document.querySelector("dialog[open]")) return;
    const action = this.actionOf(key);
    const handler = action && (this.screen[action] ?? this.common[action]);
    if (!action || !handler) return;
    event.preventDefault();
    if (typeof handler === "function") handler();
    else if (!event.repeat) {
      this.held.add(action);
      handler.down();
    }
  }

  /** @param {KeyboardEvent} event */
  #up(event) {
    const action = this.actionOf(keyName(event));
    if (action && this.held.has(action)) this.#release(action);
  }

  /** @param {string} [only] */
  #release(only) {
    for (const action of only ? [only] : [...this.held]) {
      this.held.delete(action);
      const handler = this.screen[action] ?? this.common[action];
      if (handler && typeof handler !== "function") handler.up();
    }
  }
}
