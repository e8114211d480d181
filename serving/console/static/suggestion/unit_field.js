/** Fields in which a unit is named: what the directory knows is offered while one types. */

import { get } from "../shared/api.js";
import { byId } from "../shared/dom.js";

const PAUSE_MS = 150;
const OFFERED = 12;

/** Where the matter at hand is: units from there come first. */
let city = "";

/** Offer units of the city of a place first. @param {string} jurisdiction */
export function nearTo(jurisdiction) {
  [city] = jurisdiction.split("/");
}

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
  const near = city ? await find({ q, jurisdiction: city }, signal) : [];
  const all = near.length < OFFERED ? await find({ q }, signal) : [];
  if (signal.aborted) return;
  const found = new Map([...near, ...all].map((unit) => [unit.unit, unit]));
  const options = [...found.values()].slice(0, OFFERED).map((unit) => {
    const option = document.createElement("option");
    option.value = unit.unit;
    option.label = [unit.function, unit.jurisdiction].filter(Boolean).join(" · ");
    return option;
  });
  byId("unit-names").replaceChildren(...options);
}

/** Offering is a help: where it fails the field takes what is written. @param {Record<string, string>} wanted @param {AbortSignal} signal @returns {Promise<{unit: string, function: string|null, jurisdiction: string|null}[]>} */
async function find(wanted, signal) {
  const query = new URLSearchParams({ ...wanted, limit: String(OFFERED) });
  const found = await get(`/units?${query}`, { signal }).catch(() => null);
  return found ? found.data.items : [];
}
