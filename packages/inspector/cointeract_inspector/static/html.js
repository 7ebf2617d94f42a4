// @ts-check
/**
 * `html` tagged templates: the literal parts become elements, the values are set as text, attributes, properties and listeners.
 *
 * Only the literal parts, which are our own source, are ever parsed as HTML. A value can't become markup, whatever it holds.
 *
 *     html`<button class=${name} @click=${handler} ?disabled=${flag} .value=${text} :style=${{ width: "3px" }}>${label}</button>`
 *
 * `@name` adds a listener, `?name` sets or leaves out an attribute, `.name` sets a property, `:style` takes an object, because
 * the content policy refuses a `style` attribute. As a child: text, a number, a node, a list of these; null and false are nothing.
 */

/** @type {WeakMap<TemplateStringsArray, HTMLTemplateElement>} */
const parsed = new WeakMap();
const MARK = /\u0002(\d+)\u0003/;

/** Our literals with a mark in place of each value: a comment between tags, where tables take no text, and plain inside a tag. @param {TemplateStringsArray} strings */
const marked = (strings) => strings.reduce((text, part, index) => {
  const mark = `\u0002${index - 1}\u0003`;
  return `${text}${text.lastIndexOf("<") > text.lastIndexOf(">") ? mark : `<!--${mark}-->`}${part}`;
});

/** @param {TemplateStringsArray} strings */
function templateOf(strings) {
  let template = parsed.get(strings);
  if (!template) {
    template = document.createElement("template");
    template.innerHTML = marked(strings).trim();
    parsed.set(strings, template);
  }
  return template;
}

/** @param {HTMLElement} element @param {Record<string, string | number | null>} style */
export function setStyle(element, style) {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value === null ? "" : String(value));
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function setAttribute(element, name, value) {
  if (name.startsWith("@")) element.addEventListener(name.slice(1), value);
  else if (name.startsWith(".")) /** @type {any} */ (element)[name.slice(1)] = value;
  else if (name.startsWith("?")) element.toggleAttribute(name.slice(1), Boolean(value));
  else if (name === ":style") setStyle(element, value);
  else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
}

/** @param {any} value @returns {Node[]} */
function nodesOf(value) {
  if (value === null || value === undefined || value === false || value === "") return [];
  if (value instanceof Node) return [value];
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  return [document.createTextNode(String(value))];
}

/** @param {Comment} comment @param {any[]} values */
function fillChild(comment, values) {
  const mark = MARK.exec(comment.data);
  if (mark) comment.replaceWith(...nodesOf(values[Number(mark[1])]));
}

/** @param {HTMLElement} element @param {any[]} values */
function fillAttributes(element, values) {
  for (const { name, value } of [...element.attributes]) {
    const parts = value.split(MARK);
    if (parts.length === 1) continue;
    element.removeAttribute(name);
    const whole = parts.length === 3 && !parts[0] && !parts[2];
    setAttribute(element, name, whole ? values[Number(parts[1])] : parts.map((part, i) => (i % 2 ? values[Number(part)] : part)).join(""));
  }
}

/**
 * @param {TemplateStringsArray} strings
 * @param {...any} values
 * @returns {any} the element, or a fragment where the template has several at its root
 */
export function html(strings, ...values) {
  const fragment = /** @type {DocumentFragment} */ (document.importNode(templateOf(strings).content, true));
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  for (const node of found) {
    if (node instanceof Comment) fillChild(node, values);
    else fillAttributes(/** @type {HTMLElement} */ (node), values);
  }
  return fragment.childNodes.length === 1 ? fragment.firstChild : fragment;
}
