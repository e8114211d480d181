/** What this clerk took in last, to go back to. */

import { byId, copyOf } from "../shared/dom.js";
import { listMatters } from "../shared/matters.js";

const SHOWN = 5;

/** Fetch and draw them; without them the page works. */
export async function showRecent() {
  const filters = new URLSearchParams({ mine: "true", sort: "updated", limit: String(SHOWN) });
  const found = await listMatters(filters).catch(() => null);
  if (!found) return;
  const rows = found.items.map((matter) => {
    const { element, part } = copyOf(byId("recent-row"));
    part.link.textContent = matter.number;
    part.link.setAttribute("href", `/matters/${matter.id}`);
    part.what.textContent = [matter.state, matter.lead_unit, matter.title || matter.text].filter(Boolean).join(" · ");
    return element;
  });
  byId("recent-list").replaceChildren(...rows);
}
