/** One unit whole: what it does, where, since when, what it was called, who took over. */

import { get } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";

/** @type {AbortController|null} */
let running = null;

/** Fetch and draw a unit. @param {string} name @param {(unit: string) => void} follow goes to another unit */
export async function showUnit(name, follow) {
  if (running) running.abort();
  running = new AbortController();
  const mine = running;
  const found = await get(`/units/${encodeURIComponent(name)}`, { signal: mine.signal }).catch(() => null);
  if (mine !== running) return;
  write(byId("unit-name"), name);
  byId("unit-body").replaceChildren(...(found ? drawn(found.data, follow) : [said("这个单位没有读出来。")]));
  byId("unit").scrollTop = 0;
}

/** @param {string} text */
function said(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

/** @param {any} facts @param {(unit: string) => void} follow */
function drawn(facts, follow) {
  const lines = [];
  if (facts.successor) {
    const link = document.createElement("button");
    link.type = "button";
    link.className = "link";
    link.textContent = facts.successor;
    link.addEventListener("click", () => follow(facts.successor));
    const line = said("已停用，现在由 ");
    line.append(link, " 承接。");
    lines.push(line);
  }
  if (!facts.suggestible && facts.entries.some((/** @type {any} */ entry) => entry.current)) {
    const line = said("现用模型还不认识这个单位，不会建议它；可以先试用，再次训练后就能建议。");
    line.className = "hint";
    lines.push(line);
  }
  return [...lines, ...facts.entries.map(entryOf)];
}

/** @param {any} entry */
function entryOf(entry) {
  const { element, part } = copyOf(byId("unit-entry"));
  const facts = [
    ["职能", entry.function],
    ["属地", entry.jurisdiction],
    ["上级", entry.superior],
    ["别名", entry.aliases.join("、")],
    ["启用", entry.valid_from],
    ["停用", entry.valid_until],
  ];
  for (const [name, value] of facts) {
    if (!value) continue;
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    told.textContent = value;
    part.facts.append(term, told);
  }
  part.duties.replaceChildren(...(entry.duties.length ? entry.duties : ["名录没有写明"]).map(item));
  const past = [...entry.predecessors.map(formerName), ...entry.function_predecessors.map(formerOffice)];
  part.history.replaceChildren(...past.map(item));
  show(part.past, past.length > 0);
  return element;
}

/** @param {string} text */
function item(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

/** @param {{name: string, until: string|null, change: string}} former */
const formerName = ({ name, until, change }) => `${until ? `${until} 前` : "以前"}叫 ${name}（${change}）`;

/** @param {{name: string, until: string|null, change: string}} former */
const formerOffice = ({ name, until, change }) => `这一职能${until ? ` ${until} 前` : "以前"}由 ${name} 承担（${change}）`;
