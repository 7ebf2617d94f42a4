// @ts-check
/** Numbers, counts and times in words, the same everywhere. */

const COUNT = new Intl.NumberFormat("en-US");

/** @param {number} value */
export const count = (value) => COUNT.format(value);

/** `1 shard`, `2 shards`. @param {number} number @param {string} noun */
export const many = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** @param {number} part @param {number} whole */
export function percent(part, whole) {
  if (!whole) return "–";
  const value = (100 * part) / whole;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

/** Three significant digits, without an exponent where one isn't needed. @param {any} value */
export function score(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return count(value);
  return Math.abs(value) >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** `people.face_height` as "people · face height". @param {string} name */
export function columnLabel(name) {
  const parts = name.replace(/^(score|axis)\./, "").split(".");
  return parts.map((part) => part.replaceAll("_", " ")).join(" · ");
}

/** @param {string | null | undefined} name */
export const words = (name) => (name ?? "").replaceAll("_", " ");

/** A letter and a word for a verdict, so that colour is never the only sign. @param {string | null} verdict */
export function verdictMark(verdict) {
  switch (verdict) {
    case "accepted": case "accept": return { letter: "A", word: "accepted", tone: "accept" };
    case "rejected": case "reject": return { letter: "R", word: "rejected", tone: "reject" };
    case "quarantined": return { letter: "Q", word: "quarantined", tone: "quarantine" };
    case "fix": return { letter: "F", word: "sent back", tone: "quarantine" };
    case "stale": return { letter: "S", word: "stale", tone: "quarantine" };
    case "skip": return { letter: "–", word: "skipped", tone: "none" };
    default: return { letter: "·", word: "undecided", tone: "none" };
  }
}
