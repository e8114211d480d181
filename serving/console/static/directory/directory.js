/** 名录: the units of the directory that counts, searched and gone through with the keyboard. */

import { get } from "../shared/api.js";
import { openImport, wireImport } from "./import.js";
import { showUnit } from "./unit.js";
import { openVersions, wireVersions } from "./versions.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { day } from "../shared/formats.js";
import { listen, plain, shortcut } from "../shared/keys.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";

const LIMIT = 50;
const PAUSE_MS = 180;
const LOADING_AFTER_MS = 200;

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  { name: "down", action: "down", typing: false, matches: (e) => plain(e) && ["j", "J", "ArrowDown"].includes(e.key) },
  { name: "up", action: "up", typing: false, matches: (e) => plain(e) && ["k", "K", "ArrowUp"].includes(e.key) },
  { name: "search", action: "search", typing: false, matches: (e) => plain(e) && ["/", "、"].includes(e.key) },
  shortcut("next", "n"),
  shortcut("back", "p"),
  shortcut("reset", "x"),
  shortcut("versions", "v"),
  shortcut("import", "i"),
];

const form = byId("filters");
const mayWrite = document.getElementById("import-open") !== null;
/** @type {AbortController|null} */
let running = null;
let offset = 0;
let total = 0;
let timer = 0;
let unitTimer = 0;

const rows = () => /** @type {HTMLTableRowElement[]} */ ([...byId("rows").children]);
const currentRow = () => /** @type {HTMLTableRowElement|null} */ (byId("rows").querySelector("tr.current"));

function written() {
  const wanted = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (String(value).trim()) wanted.set(name, String(value).trim());
  return wanted;
}

/** Fetch and draw what the form asks for. @param {string} [wanted] the unit to stand on */
async function load(wanted = "") {
  if (running) running.abort();
  running = new AbortController();
  const mine = running;
  const loading = window.setTimeout(() => setWorking(true), LOADING_AFTER_MS);
  const asked = written();
  history.replaceState(null, "", `/directory${asked.size ? `?${asked}` : ""}`);
  asked.set("limit", String(LIMIT));
  asked.set("offset", String(offset));
  try {
    const { data } = await get(`/units?${asked}`, { signal: mine.signal });
    if (mine !== running) return;
    clearProblem();
    draw(data, wanted);
  } catch (error) {
    if (mine === running) showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  } finally {
    clearTimeout(loading);
    if (mine === running) setWorking(false);
  }
}

/** @param {boolean} working */
const setWorking = (working) => (show(byId("working"), working), byId("list").setAttribute("aria-busy", String(working)));

/** @param {{items: any[], total: number}} found @param {string} wanted */
function draw(found, wanted) {
  total = found.total;
  byId("rows").replaceChildren(...found.items.map(rowOf));
  show(byId("none"), !found.items.length);
  write(byId("total"), `共 ${total} 个`);
  write(byId("page-said"), total > LIMIT ? `第 ${offset / LIMIT + 1} 页，共 ${Math.ceil(total / LIMIT)} 页` : "");
  byId("back").disabled = offset === 0;
  byId("next").disabled = offset + LIMIT >= total;
  byId("list").scrollTop = 0;
  move(rows().find((row) => row.dataset.unit === wanted) || rows()[0]);
}

/** @param {any} unit */
function rowOf(unit) {
  const { element, part } = copyOf(byId("unit-row"));
  element.dataset.unit = unit.unit;
  part.name.textContent = unit.unit;
  part.function.textContent = unit.function === unit.unit ? "" : unit.function || "";
  part.place.textContent = unit.jurisdiction || "";
  const coming = !unit.current && unit.valid_from && new Date(unit.valid_from) > new Date();
  part.status.textContent = unit.current ? "启用" : coming ? `${day(unit.valid_from)} 启用` : "停用";
  part.status.dataset.tone = unit.current ? "good" : "plain";
  element.addEventListener("click", () => move(element));
  part.name.addEventListener("focus", () => move(element));
  return element;
}

/** Make a row the current one and show its unit. @param {HTMLElement|undefined} row @param {boolean} [focus] */
function move(row, focus = false) {
  if (!row || row === currentRow()) return;
  currentRow()?.classList.remove("current");
  row.classList.add("current");
  row.scrollIntoView({ block: "nearest" });
  if (focus) row.querySelector("button")?.focus();
  clearTimeout(unitTimer);
  unitTimer = window.setTimeout(() => void showUnit(row.dataset.unit || "", follow), PAUSE_MS / 2);
}

/** Go to a unit that another one names. @param {string} unit */
function follow(unit) {
  form.reset();
  byId("f-q").value = unit;
  offset = 0;
  void load(unit);
}

/** @param {number} by */
function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("current"));
  move(all[Math.min(Math.max(at + by, 0), all.length - 1)], true);
}

/** @param {number} by pages */
function turn(by) {
  const to = offset + by * LIMIT;
  if (to < 0 || to >= total) return;
  offset = to;
  void load();
}

async function search() {
  clearTimeout(timer);
  offset = 0;
  await load();
}

/** From a field into the list that it asks for. */
const toList = () => search().then(() => currentRow()?.querySelector("button")?.focus());

function reset() {
  form.reset();
  void search();
}

async function describe() {
  const found = await get("/directory").catch(() => null);
  if (!found) return;
  const { version, units, ended } = found.data;
  const from = version ? `第 ${version.id} 版，${day(version.at)} 启用` : "模型自带的名录";
  write(byId("state"), `${from}；启用 ${units}，停用 ${ended}`);
}

function wire() {
  for (const [name, value] of new URLSearchParams(window.location.search)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.type === "checkbox" ? (field.checked = value === "true") : (field.value = value);
  }
  form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  // several fields and no button of submission: the browser sends no submit for Enter
  form.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    event.target.blur(); // what is typed next is meant for the list, even while it is fetched
    void toList();
  });
  form.addEventListener("input", (/** @type {InputEvent} */ event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = window.setTimeout(search, PAUSE_MS);
  });
  form.addEventListener("compositionend", search);
  byId("filters-clear").addEventListener("click", reset);
  byId("next").addEventListener("click", () => turn(1));
  byId("back").addEventListener("click", () => turn(-1));
  byId("notice-retry").addEventListener("click", () => void load());
  const changed = () => (void describe(), void search());
  if (mayWrite) wireImport(changed);
  wireVersions(() => byId("versions-open").focus());
  listen(SHORTCUTS, {
    down: () => step(1),
    up: () => step(-1),
    search: () => byId("f-q").select(),
    next: () => turn(1),
    back: () => turn(-1),
    reset,
    versions: () => void openVersions(),
    import: () => mayWrite && openImport(),
  });
}

wire();
void describe();
void load();
