/** One hot issue as a row of the list. */

import { columns } from "./charts.js";
import { byId, copyOf } from "../shared/dom.js";

/**
 * @param {any} item a Cluster
 * @param {(id: number) => void} look
 */
export function clusterRow(item, look) {
  const { element, part } = copyOf(byId("cluster-row"));
  element.dataset.cluster = String(item.id);
  part.open.textContent = item.title;
  part.open.title = item.title;
  part.open.addEventListener("click", () => look(item.id));
  part.size.textContent = String(item.size);
  part.unsettled.textContent = String(item.open);
  part.weeks.append(columns(item.weeks, `每周件数，最近一周在最后：${item.weeks.join("、")}`));
  part.growth.textContent = growth(item);
  part.growth.dataset.tone = item.grows ? "bad" : "plain";
  part.topic.textContent = item.topic || "";
  part.places.textContent = item.places.join("、");
  return element;
}

/** The last week against the weeks before, in words. @param {any} item */
function growth({ weeks, growth: times, grows }) {
  const last = weeks[weeks.length - 1];
  if (!last) return "没有新件";
  const said = times === null ? "新出现" : `${times >= 10 ? Math.round(times) : times.toFixed(1)} 倍`;
  return grows ? `↑ ${last} 件 · ${said}` : `${last} 件`;
}
