/** 检索: words in the address, passages that show why, gone through with the keyboard. */

import { get } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { deadline, moment } from "../shared/formats.js";
import { listen, plain, shortcut } from "../shared/keys.js";
import { stateTone, topicPath } from "../shared/labels.js";
import { loadLatest, stopLoading } from "./latest.js";
import { marked } from "./marks.js";
import { offerUnits } from "../suggestion/unit_field.js";

const LIMIT = 20;

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  { name: "words", action: "words", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
  { name: "down", action: "down", typing: false, matches: (e) => plain(e) && ["j", "J", "ArrowDown"].includes(e.key) },
  { name: "up", action: "up", typing: false, matches: (e) => plain(e) && ["k", "K", "ArrowUp"].includes(e.key) },
  { name: "open", action: "open", typing: false, matches: (e) => plain(e) && ["o", "O", "Enter"].includes(e.key) },
  shortcut("next", "n"),
  shortcut("back", "p"),
  shortcut("reset", "x"),
];

const form = byId("filters");
/** @type {string|null} */
let next = null;

const rows = () => /** @type {HTMLElement[]} */ ([...byId("rows").children]);
const query = () => new URLSearchParams(window.location.search);
const currentRow = () => /** @type {HTMLElement|null} */ (byId("rows").querySelector("li.current"));

function fillForm() {
  const asked = query();
  for (const field of form.elements) {
    if (field.name) field.value = asked.get(field.name) || (field.name === "sort" ? "relevance" : "");
  }
}

/** The form as an address holds it: what is empty is left out. */
function written() {
  const wanted = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (String(value).trim() && !(name === "sort" && value === "relevance")) wanted.set(name, String(value).trim());
  }
  return wanted;
}

/** @param {URLSearchParams} wanted */
function goTo(wanted) {
  history.pushState(null, "", `/search${wanted.size ? `?${wanted}` : ""}`);
  fillForm();
  void load();
}

/** Fetch and draw what the address asks for. */
async function load() {
  const asked = query();
  const page = Number(asked.get("n") || 1);
  asked.delete("n");
  if (!asked.get("q")) return drawNothing();
  asked.set("limit", String(LIMIT));
  await loadLatest((signal) => get(`/search?${asked}`, { signal }), ({ data }) => draw(data, page));
}

function drawNothing() {
  stopLoading();
  next = null;
  byId("rows").replaceChildren();
  for (const id of ["none", "read-as"]) show(byId(id), false);
  show(byId("start"), true);
  write(byId("total"), "");
  write(byId("page-said"), "");
  byId("first").disabled = byId("next").disabled = true;
  byId("q").focus();
}

/** @param {any} found a `SearchPage` @param {number} page */
function draw(found, page) {
  next = found.next;
  show(byId("start"), false);
  byId("rows").replaceChildren(...found.items.map(hitOf));
  show(byId("none"), !found.items.length);
  drawReading(found);
  write(byId("total"), said(found));
  write(byId("page-said"), page > 1 ? `第 ${page} 页` : "");
  byId("first").disabled = page < 2;
  byId("next").disabled = !next;
  byId("list").scrollTop = 0;
  move(rows()[0]);
}

/** @param {any} found */
function said({ total, complete }) {
  if (!complete) return "很多件，排了最近的 300 件：加词或条件可以更准，或改为新来的在前";
  return total === null ? "" : `共 ${total} 件`;
}

/** How the words were understood; and the unit that they may mean. @param {any} found */
function drawReading({ words, without, units }) {
  const line = byId("read-as");
  line.replaceChildren("按这些词找：");
  for (const [i, word] of words.entries()) {
    const mark = document.createElement("mark");
    mark.textContent = word.replaceAll(" | ", "，").replaceAll(" ", "");
    line.append(...(i ? ["、"] : []), mark);
  }
  if (without.length) line.append(`；不含：${without.join("、")}`);
  for (const unit of units) {
    if (query().get("unit") === unit) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `只看由${unit}主办的`;
    button.addEventListener("click", () => (form.elements.namedItem("unit").value = unit, goTo(written())));
    line.append(button);
  }
  show(line, true);
}

/** @param {any} hit */
function hitOf(hit) {
  const { element, part } = copyOf(byId("hit"));
  part.link.textContent = hit.number;
  part.link.setAttribute("href", `/matters/${hit.id}`);
  part.state.textContent = hit.state;
  part.state.dataset.tone = stateTone(hit.state);
  part.title.append(...marked(hit.title, false));
  part.snippet.append(...marked(hit.snippet));
  const due = hit.closed_at ? "" : deadline(hit).text;
  const facts = [moment(hit.received_at), hit.lead_unit, hit.topic && topicPath(hit.topic), hit.form, hit.jurisdiction, due];
  part.facts.textContent = facts.filter(Boolean).join("　");
  element.addEventListener("click", () => move(element));
  element.addEventListener("dblclick", () => part.link.click());
  part.link.addEventListener("focus", () => move(element));
  return element;
}

/** Make a hit the current one. @param {HTMLElement|undefined} row @param {boolean} [focus] */
function move(row, focus = false) {
  if (!row) return;
  currentRow()?.classList.remove("current");
  row.classList.add("current");
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
  goTo(wanted);
}

/** @param {KeyboardEvent} event */
function open(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Enter" && target.closest("button, a, summary")) return false; // its own key
  currentRow()?.querySelector("a")?.click();
}

function wire() {
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    goTo(written());
    if (written().has("q")) byId("list").focus();
  });
  form.addEventListener("change", (/** @type {Event} */ event) => event.target !== byId("q") && written().has("q") && goTo(written()));
  byId("reset").addEventListener("click", () => goTo(new URLSearchParams()));
  byId("next").addEventListener("click", nextPage);
  byId("first").addEventListener("click", () => goTo(written()));
  byId("notice-retry").addEventListener("click", () => void load());
  window.addEventListener("popstate", () => (fillForm(), void load()));
  byId("list").tabIndex = -1;
  offerUnits();
  listen(SHORTCUTS, {
    words: () => byId("q").select(),
    down: () => step(1),
    up: () => step(-1),
    open,
    next: nextPage,
    back: () => Number(query().get("n") || 1) > 1 && history.back(),
    reset: () => goTo(new URLSearchParams()),
  });
}

fillForm();
wire();
void load();
