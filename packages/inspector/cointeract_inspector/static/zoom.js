// @ts-check
/** Zoom and pan, shared by all panes: wheel to zoom at the pointer, drag to pan, double click for the whole picture. */

/** @typedef {{s: number, x: number, y: number}} Zoom scale, and the point in the middle in shares of the picture */

export const WHOLE = Object.freeze({ s: 1, x: 0.5, y: 0.5 });
const MOST = 8;
const WHEEL_STEP = 0.0018;

/** The zoom within bounds: no edge of the picture comes inside the pane. @param {Zoom} zoom @returns {Zoom} */
export function bounded({ s, x, y }) {
  const scale = Math.min(Math.max(s, 1), MOST);
  const edge = 0.5 / scale;
  return { s: scale, x: Math.min(Math.max(x, edge), 1 - edge), y: Math.min(Math.max(y, edge), 1 - edge) };
}

/** `2,0.4,0.3` of a URL. @param {string | null} text @returns {Zoom} */
export function zoomOf(text) {
  const [s, x, y] = (text ?? "").split(",").map(Number);
  return [s, x, y].every(Number.isFinite) ? bounded({ s, x, y }) : WHOLE;
}

/** @param {Zoom} zoom @returns {string | null} */
export const zoomText = ({ s, x, y }) => (s === 1 ? null : [s, x, y].map((value) => Number(value.toFixed(3))).join(","));

/** CSS that shows the zoom on an element that fills its pane. @param {Zoom} zoom */
export const zoomTransform = ({ s, x, y }) => `translate(${50 - 100 * x * s}%, ${50 - 100 * y * s}%) scale(${s})`;

/**
 * @param {HTMLElement} pane
 * @param {() => Zoom} current
 * @param {(zoom: Zoom) => void} change
 */
export function takeZoom(pane, current, change) {
  /** Where the pointer is, in shares of the pane. @param {MouseEvent} event */
  const place = (event) => {
    const { left, top, width, height } = pane.getBoundingClientRect();
    return { u: (event.clientX - left) / width, v: (event.clientY - top) / height, width, height };
  };
  pane.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { s, x, y } = current();
    const { u, v } = place(event);
    const scale = Math.min(Math.max(s * Math.exp(-event.deltaY * WHEEL_STEP), 1), MOST);
    // The point of the picture under the pointer stays there.
    change(bounded({ s: scale, x: x + (u - 0.5) * (1 / s - 1 / scale), y: y + (v - 0.5) * (1 / s - 1 / scale) }));
  }, { passive: false });
  pane.addEventListener("pointerdown", (event) => {
    if (event.button || current().s === 1 || event.defaultPrevented) return;
    const start = { ...current(), ...place(event) };
    pane.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} move */
    const drag = (move) => {
      const { u, v } = place(move);
      change(bounded({ s: start.s, x: start.x - (u - start.u) / start.s, y: start.y - (v - start.v) / start.s }));
    };
    pane.addEventListener("pointermove", drag);
    pane.addEventListener("pointerup", () => pane.removeEventListener("pointermove", drag), { once: true });
  });
  pane.addEventListener("dblclick", () => change(WHOLE));
}
