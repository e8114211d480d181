/** Which key means what. The help dialog lists the same names as `data-shortcut`. */

/**
 * @typedef {object} Shortcut
 * @property {string} name as in the help dialog
 * @property {string} action what the page does
 * @property {boolean} typing whether it also counts while one writes in a field
 * @property {(event: KeyboardEvent) => boolean} matches
 */

/** @param {KeyboardEvent} event */
const plain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;
/** @param {KeyboardEvent} event */
const control = (event) => (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
/** @param {KeyboardEvent} event */
const alt = (event) => event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;

/** @type {Shortcut[]} */
export const SHORTCUTS = [
  { name: "route", action: "route", typing: true, matches: (e) => control(e) && e.key === "Enter" },
  { name: "choose", action: "choose", typing: false, matches: (e) => plain(e) && /^[1-5]$/.test(e.key) },
  // by place on the keyboard: with Alt some layouts type another character
  { name: "choose-anywhere", action: "choose", typing: true, matches: (e) => alt(e) && /^Digit[1-5]$/.test(e.code) },
  { name: "copy", action: "copy", typing: false, matches: (e) => plain(e) && !e.shiftKey && e.key.toLowerCase() === "c" },
  { name: "copy-anywhere", action: "copy", typing: true, matches: (e) => alt(e) && e.code === "KeyC" },
  { name: "clear", action: "clear", typing: true, matches: (e) => plain(e) && e.key === "Escape" },
  { name: "undo", action: "undo", typing: true, matches: (e) => control(e) && e.key.toLowerCase() === "z" },
  { name: "focus", action: "focus", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
];

/** @param {EventTarget|null} target */
function isField(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/**
 * Listen to the whole page.
 *
 * @param {Record<string, (event: KeyboardEvent) => boolean|void>} actions by name; one that returns false leaves the key to the browser
 */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    // 229: the key belongs to an input method, whose digits and Esc are its own
    if (event.isComposing || event.keyCode === 229 || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    const found = SHORTCUTS.find((it) => it.matches(event) && (it.typing || !isField(event.target)));
    if (found && actions[found.action](event) !== false) event.preventDefault();
  });
}

/** The digit of a choosing key, from 1. @param {KeyboardEvent} event */
export function digitOf(event) {
  return Number(/^Digit\d$/.test(event.code) ? event.code.slice(5) : event.key);
}
