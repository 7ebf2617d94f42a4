// @ts-check
/**
 * The state of the pages is their URL. This module reads and writes it.
 *
 * With a server, screens are paths: `/`, `/grid`, `/s/<id>`, `/compare`, `/conflicts`. In a static folder, opened from a disk, they
 * are the fragment: `index.html#/s/<id>?k=37`. The token never is in a URL that we write.
 */

/** @typedef {import("./types.js").Route} Route */

const SCREENS = { "": "overview", grid: "grid", s: "review", compare: "compare", conflicts: "conflicts" };
const PATHS = Object.fromEntries(Object.entries(SCREENS).map(([path, screen]) => [screen, path]));

/** @param {string} address path and query @returns {Route} */
export function parse(address) {
  const url = new URL(address, "http://pages.invalid");
  const [, first, ...rest] = url.pathname.split("/");
  const screen = /** @type {Record<string, string>} */ (SCREENS)[first] ?? "missing";
  url.searchParams.delete("token");
  return { screen, id: rest.length && rest[0] ? decodeURIComponent(rest.join("/")) : null, params: url.searchParams };
}

/** @param {Route} route */
export function format(route) {
  const path = `/${PATHS[route.screen] ?? ""}${route.id ? `/${encodeURIComponent(route.id)}` : ""}`;
  const query = [...route.params].filter(([, value]) => value !== "").map(([key, value]) => `${key}=${encodeQuery(value)}`).join("&");
  return query ? `${path}?${query}` : path;
}

/** As `encodeURIComponent`, but what is legible and legal in a query stays legible. @param {string} value */
const encodeQuery = (value) => encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":");

export class Router {
  /** @param {{inFragment: boolean, onChange: (route: Route) => void}} options */
  constructor({ inFragment, onChange }) {
    this.inFragment = inFragment;
    this.onChange = onChange;
    this.route = this.read();
    window.addEventListener("popstate", () => {
      this.route = this.read();
      onChange(this.route);
    });
  }

  /** @returns {Route} */
  read() {
    return parse(this.inFragment ? location.hash.slice(1) || "/" : location.pathname + location.search);
  }

  /** @param {Route} route */
  href(route) {
    return (this.inFragment ? "#" : "") + format(route);
  }

  /** The same screen with some parameters changed; null takes one away. @param {Record<string, string | null>} changes */
  with(changes) {
    const params = new URLSearchParams(this.route.params);
    for (const [key, value] of Object.entries(changes)) value === null ? params.delete(key) : params.set(key, value);
    return { ...this.route, params };
  }

  /** Go to a screen: a new entry in the history. @param {Route} route */
  go(route) {
    this.route = route;
    history.pushState(null, "", this.href(route));
    this.onChange(route);
  }

  /** Go to a screen in place of this one: going back doesn't come here again. @param {Route} route */
  replace(route) {
    this.route = route;
    history.replaceState(null, "", this.href(route));
    this.onChange(route);
  }

  /** Note a change inside the screen without drawing it anew and without a new entry. @param {Record<string, string | null>} changes */
  note(changes) {
    this.route = this.with(changes);
    history.replaceState(null, "", this.href(this.route));
  }

  /** Follow links inside the pages without loading the page anew. @param {HTMLElement} root */
  takeLinks(root) {
    root.addEventListener("click", (event) => {
      const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-route]");
      if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      const address = link.getAttribute("href") ?? "/";
      this.go(parse(address.startsWith("#") ? address.slice(1) : address));
    });
  }
}
