/** A short word at the foot of the page on what just happened. */

import { byId, show, write } from "./dom.js";

const SHOWN_MS = 4000;

let timer = 0;

/**
 * @param {string} text
 * @param {boolean} [canUndo] with a button to undo; it then stays until something else happens
 */
export function showToast(text, canUndo = false) {
  clearTimeout(timer);
  show(byId("toast"), true);
  show(byId("undo"), canUndo);
  write(byId("toast-text"), text);
  if (!canUndo) timer = window.setTimeout(hideToast, SHOWN_MS);
}

/** Take it away. */
export function hideToast() {
  clearTimeout(timer);
  show(byId("toast"), false);
  write(byId("toast-text"), "");
}
