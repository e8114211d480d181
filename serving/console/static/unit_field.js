/** Fields in which a unit is named: what the directory knows is offered while one types. */

import { get } from "./api.js";
import { byId } from "./dom.js";

const PAUSE_MS = 150;
const OFFERED = 12;

/** Offer units in every field that names `#unit-names` as its list. @param {ParentNode} [root] */
export function offerUnits(root = document) {
  for (const field of root.querySelectorAll('input[list="unit-names"]')) offerIn(/** @type {HTMLInputElement} */ (field));
}

/** @param {HTMLInputElement} field */
export function offerIn(field) {
  let timer = 0;
  /** @type {AbortController|null} */
  let running = null;
  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (running) running.abort();
    if (/** @type {InputEvent} */ (event).isComposing || !field.value.trim()) return;
    running = new AbortController();
    const { signal } = running;
    timer = window.setTimeout(() => void offer(field.value.trim(), signal), PAUSE_MS);
  });
}

/** @param {string} q @param {AbortSignal} signal */
async function offer(q, signal) {
  const found = await get(`/units?${new URLSearchParams({ q, limit: String(OFFERED) })}`, { signal }).catch(() => null);
  if (!found) return; // offering is a help: the field takes what is written without it
  const options = found.data.items.map((/** @type {any} */ unit) => {
    const option = document.createElement("option");
    option.value = unit.unit || unit.name;
    option.label = [unit.function, unit.jurisdiction].filter(Boolean).join(" · ");
    return option;
  });
  byId("unit-names").replaceChildren(...options);
}
