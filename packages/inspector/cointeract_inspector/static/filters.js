// @ts-check
/**
 * The query of grid and review: a list of filters and an order, as parameters of the URL.
 *
 * `f` is base64url of the JSON list. Names that a person would type are accepted too (`?verdict=rejected&reason=sync`).
 */

/** @typedef {import("./types.js").Filter} Filter */
/** @typedef {{filter: Filter[], sort: string}} Query */

const ALIASES = { verdict: "verdict", reason: "reason", stage: "stage", split: "split", my: "my", q: "search" };

/** @param {string} text */
function decode(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** @param {Filter[]} filter */
export function encode(filter) {
  if (!filter.length) return "";
  const bytes = new TextEncoder().encode(JSON.stringify(filter));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {any} item @returns {item is Filter} */
const isFilter = (item) => typeof item?.col === "string" && ["in", "between", "contains", "isnull"].includes(item.op);

/**
 * @param {URLSearchParams} params
 * @returns {Query}
 * @throws {Error} `f` isn't a list of filters
 */
export function queryOf(params) {
  /** @type {Filter[]} */
  const filter = [];
  const coded = params.get("f");
  if (coded) {
    let list;
    try { list = decode(coded); } catch { throw new Error("The link's filter can't be read; it may have been cut off."); }
    if (!Array.isArray(list) || !list.every(isFilter)) throw new Error("The link's filter isn't a list of filters.");
    filter.push(...list);
  }
  for (const [alias, col] of Object.entries(ALIASES)) {
    const value = params.get(alias);
    if (value !== null) filter.push(alias === "q" ? { col, op: "contains", v: value } : { col, op: "in", v: value.split(",") });
  }
  return { filter, sort: params.get("sort") ?? "" };
}

/** Parameters that state the query; the typed names give way to `f`. @param {Query} query @returns {Record<string, string | null>} */
export function paramsOf(query) {
  const cleared = Object.fromEntries(Object.keys(ALIASES).map((alias) => [alias, null]));
  return { ...cleared, f: encode(query.filter) || null, sort: query.sort || null };
}

/** The query with the filter of one column replaced, or taken away by null. @param {Query} query @param {string} col @param {Filter | null} filter */
export function replaced(query, col, filter) {
  const others = query.filter.filter((item) => item.col !== col);
  return { ...query, filter: filter ? [...others, filter] : others };
}

/** @param {Query} query @param {string} col */
export const filterOn = (query, col) => query.filter.find((item) => item.col === col) ?? null;
