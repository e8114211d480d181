/** Loading a list: only the latest request counts, and one that takes long says that it is under way. */

import { byId, show } from "../shared/dom.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";

const LOADING_AFTER_MS = 200;

/** @type {AbortController|null} */
let running = null;

/**
 * Ask, and draw what comes back unless something else was asked meanwhile.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @param {(found: T) => void} draw
 */
export async function loadLatest(ask, draw) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const loading = window.setTimeout(() => setWorking(true), LOADING_AFTER_MS);
  try {
    const found = await ask(mine.signal);
    if (mine !== running) return;
    clearProblem();
    draw(found);
  } catch (error) {
    if (mine === running) showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  } finally {
    clearTimeout(loading);
    if (mine === running) setWorking(false);
  }
}

/** Give up what was asked; there is nothing to ask. */
export function stopLoading() {
  running?.abort();
  running = null;
  setWorking(false);
  clearProblem();
}

/** @param {boolean} working */
function setWorking(working) {
  show(byId("working"), working);
  byId("list").setAttribute("aria-busy", String(working));
}
