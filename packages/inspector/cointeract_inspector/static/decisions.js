// @ts-check
/**
 * What this reviewer decided, with undo and redo to any depth.
 *
 * An undo is an event too: `revert` of the event; a redo is the `revert` of that one. Nothing is ever deleted. The undo list outlives a
 * reload of the page within the tab.
 */
import { ulid } from "./ulid.js";

/** @typedef {import("./types.js").Draft} Draft */
/** @typedef {import("./types.js").Decision} Decision */
/** @typedef {{event: Draft, before: Decision | null, after: Decision | null}} Step */

const KEPT_STEPS = 500;
/** Verbs that set the label; others leave it. */
const LABELS = new Set(["accept", "reject", "skip"]);

/** The decision that holds after an event. @param {Decision | null} before @param {Draft} event @returns {Decision | null} */
export function after(before, event) {
  if (event.verb === "clear") return null;
  const verb = LABELS.has(event.verb) ? event.verb : before?.verb ?? event.verb;
  const keeps = event.verb === "note" || event.verb === "fix";
  return {
    verb,
    reasons: keeps ? before?.reasons ?? [] : event.reasons,
    axes: keeps ? before?.axes ?? {} : event.axes,
    note: event.verb === "fix" ? before?.note ?? "" : event.note,
  };
}

export class Decisions extends EventTarget {
  /** @param {import("./outbox.js").Outbox} outbox @param {string} name of what is kept in the tab */
  constructor(outbox, name) {
    super();
    this.outbox = outbox;
    this.name = `cointeract.undo.${name}`;
    this.session = ulid();
    /** @type {Map<string, Decision | null>} by sample, what was decided since the page was opened */
    this.made = new Map();
    /** @type {{undo: Step[], redo: {step: Step, revert: string}[]}} */
    this.steps = this.#restored();
  }

  /** @returns {{undo: Step[], redo: {step: Step, revert: string}[]}} */
  #restored() {
    try {
      return JSON.parse(sessionStorage.getItem(this.name) ?? "") ?? { undo: [], redo: [] };
    } catch {
      return { undo: [], redo: [] };
    }
  }

  /** @param {string} sample @param {Decision | null} stored what the server said @returns {Decision | null} */
  of(sample, stored) {
    return this.made.has(sample) ? this.made.get(sample) ?? null : stored;
  }

  /** @param {string} sample @param {string | null} stored @returns {string | null} */
  labelOf(sample, stored) {
    return this.made.has(sample) ? this.made.get(sample)?.verb ?? null : stored;
  }

  /**
   * @param {import("./types.js").Sample} sample
   * @param {import("./types.js").Verb} verb
   * @param {Partial<Draft>} [fields]
   */
  add(sample, verb, fields = {}) {
    const event = this.#event({ sample: sample.id, sha: sample.sha, verb, ...fields });
    const before = this.of(sample.id, sample.decisions.mine);
    const step = { event, before, after: after(before, event) };
    this.steps.undo = [...this.steps.undo, step].slice(-KEPT_STEPS);
    this.steps.redo = [];
    this.#put(event, step.after);
  }

  /** @returns {Draft | null} the event that was undone */
  undo() {
    const step = this.steps.undo.pop();
    if (!step) return null;
    const revert = this.#event({ sample: step.event.sample, sha: step.event.sha, verb: "revert", target: step.event.id });
    this.steps.redo.push({ step, revert: revert.id });
    this.#put(revert, step.before);
    return step.event;
  }

  /** @returns {Draft | null} the event that holds again */
  redo() {
    const item = this.steps.redo.pop();
    if (!item) return null;
    const { step } = item;
    this.steps.undo.push(step);
    this.#put(this.#event({ sample: step.event.sample, sha: step.event.sha, verb: "revert", target: item.revert }), step.after);
    return step.event;
  }

  /** @param {Partial<Draft> & {sample: string, sha: string, verb: import("./types.js").Verb}} fields @returns {Draft} */
  #event(fields) {
    return { id: ulid(), session: this.session, reasons: [], axes: {}, note: "", frame: null, dwell_ms: null, target: null, fix: null, ...fields };
  }

  /** @param {Draft} event @param {Decision | null} decision */
  #put(event, decision) {
    this.made.set(event.sample, decision);
    sessionStorage.setItem(this.name, JSON.stringify(this.steps));
    this.outbox.add(event);
    this.dispatchEvent(new CustomEvent("change", { detail: { event, decision } }));
  }
}
