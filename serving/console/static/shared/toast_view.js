/** A short word at the foot of the page on what just happened. */

import { byId, show, write } from "./dom.js";

const SHOWN_MS = 4000;

let timer = 0;
let ticking = 0;
/** @type {(() => void)|null} */
let undo = null;
let wired = false;

/**
 * @param {string} text
 * @param {{undo?: (() => void)|null, seconds?: number, href?: string, link?: string}} [more] `undo` puts a button there, for
 *   `seconds` where they are given (counted down beside it), else until something else happens; `href` and `link` a link
 */
export function showToast(text, { undo: takeBack = null, seconds = 0, href = "", link = "打开" } = {}) {
  hideToast();
  if (!wired) byId("undo").addEventListener("click", undoNow);
  wired = true;
  undo = takeBack;
  show(byId("toast"), true);
  show(byId("undo"), Boolean(takeBack));
  show(byId("toast-link"), Boolean(href));
  if (href) byId("toast-link").setAttribute("href", href);
  write(byId("toast-link"), link);
  write(byId("toast-text"), text);
  if (seconds) countDown(seconds);
  if (seconds || !takeBack) timer = window.setTimeout(hideToast, seconds * 1000 || (href ? 2 * SHOWN_MS : SHOWN_MS));
}

/** Undo what the toast offers to undo. @returns {boolean} whether there was anything */
export function undoNow() {
  if (!undo) return false;
  const doing = undo;
  hideToast();
  doing();
  return true;
}

/** Make room for what is written next; what may still be undone for some seconds stays. */
export function yieldToast() {
  if (!ticking) hideToast();
}

/** @param {number} seconds */
function countDown(seconds) {
  const end = performance.now() + seconds * 1000;
  const tick = () => write(byId("toast-left"), `${Math.max(0, Math.ceil((end - performance.now()) / 1000))} 秒内`);
  tick();
  ticking = window.setInterval(tick, 250);
}

/** Take it away. */
export function hideToast() {
  clearTimeout(timer);
  clearInterval(ticking);
  ticking = 0;
  undo = null;
  show(byId("toast"), false);
  write(byId("toast-text"), "");
  write(byId("toast-left"), "");
}
