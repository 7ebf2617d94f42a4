// @ts-check
/** What the page tells: announcements for screen readers, short messages, and banners that stay until their cause is gone. */
import { html } from "./html.js";

const SHOWN_MS = 4500;

export class Tell {
  constructor() {
    /** @type {HTMLElement} */
    this.live = html`<div class="visually-hidden" aria-live="polite"></div>`;
    /** @type {HTMLElement} */
    this.banners = html`<div class="banners" role="status"></div>`;
    /** @type {HTMLElement} */
    this.toasts = html`<div class="toasts"></div>`;
    document.body.append(this.live, this.toasts);
  }

  /** @param {string} text */
  announce(text) {
    this.live.textContent = "";
    this.live.textContent = text;
  }

  /** @param {string} text @param {"" | "good" | "bad"} [tone] */
  toast(text, tone = "") {
    this.announce(text);
    const toast = html`<div class=${`toast ${tone}`}>${text}</div>`;
    this.toasts.replaceChildren(toast);
    setTimeout(() => toast.remove(), SHOWN_MS);
  }

  /** Show, change or (with no text) take away the banner of a name. @param {string} name @param {string | null} text @param {{tone?: string, action?: {label: string, run: () => void}}} [more] */
  banner(name, text, { tone = "warn", action } = {}) {
    const old = this.banners.querySelector(`[data-name="${name}"]`);
    if (!text) {
      old?.remove();
      return;
    }
    const banner = html`<div class=${`banner ${tone}`} data-name=${name}><span>${text}</span>${action && html`<button @click=${action.run}>${action.label}</button>`}</div>`;
    if (old) old.replaceWith(banner);
    else this.banners.append(banner);
  }
}
