/** What every page does: help, user menu, going from page to page, opening an ended session again. */

import { byId, isField } from "./dom.js";
import { forgetOthers } from "./draft.js";
import { setSingleKeys, singleKeys } from "./keys.js";
import { keepSession, logOut } from "./session.js";

const GO_WITHIN_MS = 1500;

let goUntil = 0;

/** `g` and then a digit goes to a page; `?` opens the help. @param {KeyboardEvent} event */
function onKey(event) {
  if (event.isComposing || event.keyCode === 229 || event.repeat || event.defaultPrevented) return;
  if (event.ctrlKey || event.altKey || event.metaKey || isField(event.target)) return;
  if (document.querySelector("dialog[open]") || !singleKeys()) return;
  if (event.key === "?" || event.key === "？") byId("help").showModal();
  else if (event.key === "g" || event.key === "G") return armed();
  else if (performance.now() < goUntil && /^[1-9]$/.test(event.key)) go(Number(event.key));
  else return;
  goUntil = 0;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function armed() {
  goUntil = performance.now() + GO_WITHIN_MS;
}

/** @param {number} rank from 1 */
function go(rank) {
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".places a"));
  if (links[rank - 1]) links[rank - 1].click();
}

function wireMenu() {
  const menu = byId("user-menu");
  const close = () => (menu.open = false);
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) close();
  });
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !menu.open) return;
    close();
    menu.querySelector("summary").focus();
    event.stopPropagation();
  });
}

// capture: a digit after `g` is not the page's own shortcut
document.addEventListener("keydown", onKey, { capture: true });
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("logout").addEventListener("click", () => void logOut());
byId("single-keys").checked = singleKeys();
byId("single-keys").addEventListener("change", () => setSingleKeys(byId("single-keys").checked));
keepSession();
forgetOthers();
wireMenu();
