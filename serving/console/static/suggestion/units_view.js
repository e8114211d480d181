/** The ranked units, each with its key and its history of returns, and the one that the clerk has marked. */

import { byId, copyOf, show, write } from "../shared/dom.js";
import { percent } from "../shared/labels.js";
import { choices } from "./summary.js";

/**
 * Draw the units of a suggestion.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {(unit: string) => void} choose
 */
export function showUnits(suggestion, choose) {
  const ranked = choices(suggestion);
  write(byId("units-name"), suggestion.lead_units.length || !ranked.length ? "主办单位" : "承办职能");
  byId("units").replaceChildren(...ranked.map((unit, index) => rowOf(unit, index, choose)));
}

/**
 * @param {import("../shared/types.js").RankedUnit} unit
 * @param {number} index
 * @param {(unit: string) => void} choose
 */
function rowOf(unit, index, choose) {
  const { element, part } = copyOf(byId("unit-row"));
  const named = unit.function === unit.unit ? null : unit.function;
  const fate = unit.ended ? "已停用" : unit.formerly ? `原${unit.formerly}` : null;
  const kind = [unit.trial ? "试用" : null, fate, named, unit.jurisdiction].filter(Boolean).join(" · ");
  part.key.textContent = String(index + 1);
  part.unit.textContent = unit.unit;
  part.kind.textContent = kind || "未带属地";
  part.odds.textContent = percent(unit.probability);
  part.fill.setAttribute("width", `${(unit.probability * 100).toFixed(1)}%`);
  const button = /** @type {HTMLButtonElement} */ (element.querySelector("button"));
  button.dataset.unit = unit.unit;
  button.setAttribute("aria-keyshortcuts", `${index + 1} Alt+${index + 1}`);
  button.addEventListener("click", () => choose(unit.unit));
  return element;
}

/**
 * Mark the chosen unit.
 *
 * @param {string|null} chosen
 */
export function markChosen(chosen) {
  for (const button of byId("units").querySelectorAll("button")) {
    const mine = button.dataset.unit === chosen;
    button.setAttribute("aria-pressed", String(mine));
    show(button.querySelector("[data-part=tag]"), mine);
  }
}
