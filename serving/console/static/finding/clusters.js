/** 热点: what many people have sent in, how it grows, and merging it by hand. */

import { get, Problem } from "../shared/api.js";
import { byId, show, write } from "../shared/dom.js";
import { moment } from "../shared/formats.js";
import { listen, plain, shortcut } from "../shared/keys.js";
import { mergeInto, openMerge, showMembers } from "./cluster_members.js";
import { clusterRow } from "./cluster_rows.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";

const ASK_AGAIN_MS = 2000;
const TYPING_MS = 250;

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  shortcut("down", "j"),
  shortcut("down", "ArrowDown"),
  shortcut("up", "k"),
  shortcut("up", "ArrowUp"),
  { name: "open", action: "open", typing: false, matches: (e) => plain(e) && (e.key === "o" || (e.key === "Enter" && e.target === document.body)) },
  shortcut("merge", "m"),
  { name: "filter", action: "filter", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
  shortcut("reload", "r"),
];

const form = byId("filters");
/** @type {AbortController|null} */
let running = null;
/** @type {number|undefined} */
let again;
/** @type {any[]} */
let items = [];
/** @type {number|null} the id of the cluster looked at */
let shown = null;

const weeks = () => form.elements.namedItem("weeks").value;

function written() {
  const wanted = new URLSearchParams({ weeks: weeks() });
  const q = form.elements.namedItem("q").value.trim();
  if (q) wanted.set("q", q);
  if (form.elements.namedItem("growing").checked) wanted.set("growing", "true");
  return wanted;
}

function fillForm() {
  const asked = new URLSearchParams(window.location.search);
  form.elements.namedItem("q").value = asked.get("q") || "";
  form.elements.namedItem("weeks").value = asked.get("weeks") || "8";
  form.elements.namedItem("growing").checked = asked.get("growing") === "true";
}

async function load() {
  clearTimeout(again);
  if (running) running.abort();
  running = new AbortController();
  const mine = running;
  const wanted = written();
  history.replaceState(null, "", `/clusters?${wanted}`);
  try {
    const { data } = await get(`/clusters?${wanted}`, { signal: mine.signal });
    if (mine !== running) return;
    clearProblem();
    draw(data);
    if (data.computing) again = window.setTimeout(() => void load(), ASK_AGAIN_MS);
  } catch (error) {
    if (mine === running) showProblem(/** @type {Problem} */ (error), null);
  }
}

/** @param {any} data a ClusterList */
function draw(data) {
  const waiting = data.computing && !data.as_of;
  show(byId("working"), waiting);
  byId("list").setAttribute("aria-busy", String(data.computing));
  items = data.items;
  byId("rows").replaceChildren(...items.map((item) => clusterRow(item, (id) => void look(id))));
  mark();
  show(byId("none"), !waiting && items.length === 0);
  write(byId("total"), waiting ? "" : `${items.length} 个，来自 ${data.matters} 件`);
  write(byId("as-of"), data.as_of ? `算到 ${moment(data.as_of)}${data.computing ? "，正在更新…" : ""}` : "");
}

function mark() {
  for (const row of byId("rows").children) row.setAttribute("aria-selected", String(Number(row.dataset.cluster) === shown));
}

/** Show the matters of a cluster. @param {number} id */
async function look(id) {
  shown = id;
  mark();
  try {
    const { data } = await get(`/clusters/${id}?weeks=${weeks()}`);
    if (shown !== id) return;
    showMembers(data);
    show(byId("detail"), true);
  } catch (error) {
    const problem = /** @type {Problem} */ (error);
    shown = null;
    show(byId("detail"), false);
    if (problem.kind === "missing") void load();
    else showProblem(problem, null);
  }
}

/** @param {number} by */
function move(by) {
  const buttons = [...byId("rows").querySelectorAll("button")];
  if (!buttons.length) return;
  const at = buttons.findIndex((button) => button === document.activeElement);
  buttons[Math.min(Math.max(at + by, 0), buttons.length - 1)].focus();
}

async function merge() {
  await mergeInto(byId("merge-why").value);
  if (shown !== null) await look(shown);
  void load();
}

function wire() {
  let typing = 0;
  form.addEventListener("submit", (/** @type {Event} */ event) => (event.preventDefault(), void load()));
  form.addEventListener("input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => void load(), TYPING_MS);
  });
  byId("merge-open").addEventListener("click", openMerge);
  byId("merge-cancel").addEventListener("click", () => byId("merge").close());
  byId("merge-form").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    byId("merge").close();
    void merge();
  });
  byId("notice-retry").addEventListener("click", () => void load());
  listen(SHORTCUTS, {
    down: () => move(1),
    up: () => move(-1),
    open: () => {
      if (document.activeElement instanceof HTMLButtonElement) document.activeElement.click();
    },
    merge: () => openMerge(),
    filter: () => byId("f-q").focus(),
    reload: () => void load(),
  });
}

fillForm();
wire();
void load();
