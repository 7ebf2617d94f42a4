// @ts-check
/** A dialog over the page, named in the URL while it is open. */
import { html } from "./html.js";

/** @param {import("./main.js").App} app @param {string} name @param {Node} content @returns {HTMLDialogElement} */
export function openDialog(app, name, content) {
  document.querySelector("dialog[open]")?.remove();
  /** @type {HTMLDialogElement} */
  const dialog = html`<dialog data-name=${name}>${content}<button class="close" aria-label="Close" @click=${() => dialog.close()}>✕</button></dialog>`;
  dialog.addEventListener("close", () => {
    dialog.remove();
    app.router.note({ dialog: null });
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  app.router.note({ dialog: name });
  return dialog;
}
