/** 待办: a list of matters with filters that live in the address, gone through with the keyboard. */

import { byId, copyOf, show, write } from "../shared/dom.js";
import { deadline, day, moment } from "../shared/formats.js";
import { listen, plain, shortcut } from "../shared/keys.js";
import { stateTone, zoneLabel } from "../shared/labels.js";
import { loadLatest } from "./latest.js";
import { listMatters } from "../shared/matters.js";
import { offerUnits } from "../suggestion/unit_field.js";

const LIMIT = "50";
const PAUSE_MS = 250;
const FIRST = "state=open";
const CURRENT = "fenban.queue.current";
const ADDRESS = "fenban.queue.address";

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  { name: "down", action: "down", typing: false, matches: (e) => plain(e) && ["j", "J", "ArrowDown"].includes(e.key) },
  { name: "up", action: "up", typing: false, matches: (e) => plain(e) && ["k", "K", "ArrowUp"].includes(e.key) },
  { name: "open", action: "open", typing: false, matches: (e) => plain(e) && ["o", "O", "Enter"].includes(e.key) },
  shortcut("next", "n"),
  shortcut("back", "p"),
  { name: "filter", action: "filter", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
  shortcut("reset", "x"),
  shortcut("reload", "r"),
];

const form = byId("filters");
/** @type {string|null} */
let next = null;
let timer = 0;

const rows = () => /** @type {HTMLTableRowElement[]} */ ([...byId("rows").children]);
const query = () => new URLSearchParams(window.location.search || FIRST);

/** Write the filters of the address into the form. */
function fillForm() {
  const asked = query();
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = asked.get(field.name) === "true";
    else field.value = asked.get(field.name) || (field.name === "sort" ? "deadline" : "");
  }
  const mine = new URLSearchParams(asked);
  for (const name of ["sort", "cursor", "n"]) mine.delete(name);
  mine.sort();
  for (const button of byId("presets").querySelectorAll("[data-preset]")) {
    const preset = new URLSearchParams(button.dataset.preset);
    preset.sort();
    button.setAttribute("aria-pressed", String(preset.toString() === mine.toString()));
  }
}

/** The form's filters as an address holds them: what is empty is left out. */
function written() {
  const wanted = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (String(value).trim() && !(name === "sort" && value === "deadline")) wanted.set(name, String(value).trim());
  }
  return wanted;
}

/** @param {URLSearchParams} wanted @param {boolean} [replace] typing makes one step of the history, not one a letter */
function goTo(wanted, replace = false) {
  const address = `/queue?${wanted.size ? wanted : "state="}`;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  fillForm();
  void load();
}

/** Fetch and draw what the address asks for. */
async function load() {
  sessionStorage.setItem(ADDRESS, window.location.search);
  const asked = query();
  const page = Number(asked.get("n") || 1);
  asked.delete("n");
  for (const [name, value] of [...asked]) if (!value) asked.delete(name);
  if (asked.get("state") === "open") {
    asked.delete("state");
    asked.set("open", "true");
  }
  asked.set("limit", LIMIT);
  if (!asked.has("sort")) asked.set("sort", "deadline");
  await loadLatest((signal) => listMatters(asked, signal), (found) => draw(found, page));
}

/** @param {{items: import("../shared/types.js").Matter[], next: string|null, total: number|null, total_is_more: boolean}} found @param {number} page */
function draw(found, page) {
  next = found.next;
  byId("rows").replaceChildren(...found.items.map(rowOf));
  show(byId("none"), !found.items.length);
  if (found.total !== null) write(byId("total"), found.total_is_more ? `超过 ${found.total} 件` : `共 ${found.total} 件`);
  write(byId("page-said"), page > 1 ? `第 ${page} 页` : "");
  byId("first").disabled = page < 2;
  byId("next").disabled = !next;
  const kept = sessionStorage.getItem(CURRENT);
  move(rows().find((row) => row.dataset.matter === kept) || rows()[0]);
  byId("list").scrollTop = 0;
  currentRow()?.scrollIntoView({ block: "nearest" });
}

/** @param {import("../shared/types.js").Matter} matter */
function rowOf(matter) {
  const { element, part } = copyOf(byId("matter-row"));
  element.dataset.matter = String(matter.id);
  part.link.textContent = matter.number;
  part.link.setAttribute("href", `/matters/${matter.id}`);
  part.state.textContent = matter.state;
  part.state.dataset.tone = stateTone(matter.state);
  const due = deadline(matter);
  part.due.textContent = due.text;
  part.due.dataset.due = due.due;
  if (matter.deadline_at) part.due.title = `期限 ${moment(matter.deadline_at)}`;
  part.zone.textContent = zoneLabel(matter.zone);
  if (matter.zone) part.zone.dataset.zone = matter.zone;
  const title = document.createElement("b");
  title.textContent = matter.title;
  part.text.append(...(matter.title ? [title, "　"] : []), matter.text);
  part.unit.textContent = matter.lead_unit || (matter.suggested_unit ? `建议 ${matter.suggested_unit}` : "");
  part.unit.title = [matter.lead_unit || matter.suggested_unit, ...matter.co_units].filter(Boolean).join("、");
  part.unit.classList.toggle("guessed", !matter.lead_unit);
  part.form.textContent = matter.form || "";
  part.lane.textContent = matter.lane === "常规交办" ? "" : matter.lane || "";
  part.lane.classList.toggle("urgent", matter.lane === "紧急");
  part.place.textContent = matter.jurisdiction || "";
  part.received.textContent = day(matter.received_at);
  part.received.title = moment(matter.received_at);
  element.addEventListener("click", () => move(element));
  element.addEventListener("dblclick", () => part.link.click());
  part.link.addEventListener("focus", () => move(element));
  return element;
}

/** @returns {HTMLTableRowElement|null} */
const currentRow = () => byId("rows").querySelector("tr.current");

/** Make a row the current one. @param {HTMLElement|undefined} row @param {boolean} [focus] */
function move(row, focus = false) {
  if (!row) return;
  currentRow()?.classList.remove("current");
  row.classList.add("current");
  if (row.dataset.matter) sessionStorage.setItem(CURRENT, row.dataset.matter);
  if (focus) row.querySelector("a")?.focus();
}

/** @param {number} by */
function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("current"));
  move(all[Math.min(Math.max(at + by, 0), all.length - 1)], true);
}

function nextPage() {
  if (!next) return;
  const wanted = query();
  wanted.set("n", String(Number(wanted.get("n") || 1) + 1));
  wanted.set("cursor", next);
  sessionStorage.removeItem(CURRENT);
  goTo(wanted);
}

/** @param {KeyboardEvent} event */
function open(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Enter" && target.closest("button, a, summary")) return false; // its own key
  currentRow()?.querySelector("a")?.click();
}

function reset() {
  goTo(new URLSearchParams(FIRST));
}

function wire() {
  form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  form.addEventListener("change", () => (clearTimeout(timer), goTo(written())));
  form.addEventListener("input", (/** @type {InputEvent} */ event) => {
    if (event.isComposing || !(event.target instanceof HTMLInputElement) || event.target.type === "checkbox") return;
    clearTimeout(timer);
    timer = window.setTimeout(() => goTo(written(), true), PAUSE_MS);
  });
  byId("presets").addEventListener("click", (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-preset]");
    if (button instanceof HTMLElement) goTo(new URLSearchParams(button.dataset.preset));
  });
  byId("reset").addEventListener("click", reset);
  byId("next").addEventListener("click", nextPage);
  byId("first").addEventListener("click", () => goTo(written()));
  byId("notice-retry").addEventListener("click", () => void load());
  window.addEventListener("popstate", () => (fillForm(), void load()));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void load());
  offerUnits();
  listen(SHORTCUTS, {
    down: () => step(1),
    up: () => step(-1),
    open,
    next: nextPage,
    back: () => Number(query().get("n") || 1) > 1 && history.back(),
    filter: () => byId("f-state").focus(),
    reset,
    reload: () => void load(),
  });
}

fillForm();
wire();
void load();
