/** Which key means what. Every page has its own table; its help lists the same names as `data-shortcut`. */

import { isField } from "./dom.js";

/**
 * @typedef {object} Shortcut
 * @property {string} name as in the help
 * @property {string} action what the page does
 * @property {boolean} typing whether it also counts while one writes in a field
 * @property {(event: KeyboardEvent) => boolean} matches
 */

const SINGLE = "fenban.single-keys";

/** Whether keys without Ctrl or Alt count: who dictates or types by touch may switch them off (WCAG 2.1.4). */
export function singleKeys() {
  try {
    return localStorage.getItem(SINGLE) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
export function setSingleKeys(on) {
  try {
    localStorage.setItem(SINGLE, on ? "on" : "off");
  } catch {
    // storage is off: they stay on
  }
}

/** Without Ctrl, Alt or Meta. @param {KeyboardEvent} event */
export const plain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey;
/** With Ctrl (or Meta) alone. @param {KeyboardEvent} event */
export const control = (event) => (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
/** With Alt alone. @param {KeyboardEvent} event */
export const alt = (event) => event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;

/**
 * A shortcut of one key. Letters with Alt go by their place: some layouts type another character.
 *
 * @param {string} name
 * @param {string} key such as `j`, `Alt+d`, `Ctrl+Enter`, `Alt+0`
 * @param {{action?: string, typing?: boolean}} [more] the action is named as the shortcut where not said; with Ctrl or Alt it counts while typing
 * @returns {Shortcut}
 */
export function shortcut(name, key, { action = name, typing = key.includes("+") } = {}) {
  const [last, with_] = [key.split("+").pop() || "", key.includes("+") ? key.split("+")[0] : ""];
  const held = with_ === "Ctrl" ? control : with_ === "Alt" ? alt : plain;
  const code = /^\d$/.test(last) ? `Digit${last}` : `Key${last.toUpperCase()}`;
  const hit = (/** @type {KeyboardEvent} */ event) => event.key.toLowerCase() === last.toLowerCase() || (with_ === "Alt" && event.code === code);
  return { name, action, typing, matches: (event) => held(event) && hit(event) };
}

/**
 * Listen to the whole page.
 *
 * @param {Shortcut[]} shortcuts
 * @param {Record<string, (event: KeyboardEvent) => boolean|void>} actions by name; one that returns false leaves the key to the browser
 */
export function listen(shortcuts, actions) {
  document.addEventListener("keydown", (event) => {
    // 229: the key belongs to an input method, whose digits and Esc are its own
    if (event.isComposing || event.keyCode === 229 || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    if (plain(event) && event.key.length === 1 && !singleKeys()) return;
    const found = shortcuts.find((it) => it.matches(event) && (it.typing || !isField(event.target)));
    if (found && actions[found.action](event) !== false) event.preventDefault();
  });
}

/** The digit of a choosing key, from 1. @param {KeyboardEvent} event */
export function digitOf(event) {
  return Number(/^Digit\d$/.test(event.code) ? event.code.slice(5) : event.key);
}
