/** 统计: five kinds of figures over one span, which lives in the address. */

import { get } from "../shared/api.js";
import { byId, show, write } from "../shared/dom.js";
import { moment } from "../shared/formats.js";
import { listen, plain, shortcut } from "../shared/keys.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";
import { VIEWS } from "./statistics_views.js";
import { offerUnits } from "../suggestion/unit_field.js";

const DAYS = 90;
const LOADING_AFTER_MS = 200;
const TABS = Object.keys(VIEWS);

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  { name: "tab", action: "tab", typing: false, matches: (e) => plain(e) && /^[1-5]$/.test(e.key) },
  { name: "filter", action: "filter", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
  shortcut("reset", "x"),
  shortcut("reload", "r"),
];

const form = byId("filters");
/** @type {AbortController|null} */
let running = null;

/** The day so many days ago, as this machine's calendar has it. @param {number} days */
function ago(days) {
  const at = new Date(Date.now() - days * 86400000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

const query = () => new URLSearchParams(window.location.search || `tab=${TABS[0]}&from=${ago(DAYS)}`);

/** @param {URLSearchParams} asked */
const tabOf = (asked) => (TABS.includes(asked.get("tab") || "") ? /** @type {string} */ (asked.get("tab")) : TABS[0]);

function fillForm() {
  const asked = query();
  for (const field of form.elements) if (field.name) field.value = asked.get(field.name) || (field.name === "period" ? "week" : "");
  const tab = tabOf(asked);
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (byId("tabs").querySelectorAll("[data-tab]"))) {
    button.setAttribute("aria-selected", String(button.dataset.tab === tab));
    button.tabIndex = button.dataset.tab === tab ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${tab}`);
}

/** @param {string} [tab] */
function written(tab = tabOf(query())) {
  const wanted = new URLSearchParams({ tab });
  for (const [name, value] of new FormData(form)) {
    if (String(value).trim() && !(name === "period" && value === "week")) wanted.set(name, String(value).trim());
  }
  return wanted;
}

/** @param {URLSearchParams} wanted */
function goTo(wanted) {
  history.pushState(null, "", `/statistics?${wanted}`);
  fillForm();
  void load();
}

async function load() {
  if (running) running.abort();
  running = new AbortController();
  const mine = running;
  const loading = window.setTimeout(() => setWorking(true), LOADING_AFTER_MS);
  const asked = query();
  const tab = tabOf(asked);
  const period = asked.get("period") || "week";
  asked.delete("tab");
  if (tab === "returns" || tab === "topics") asked.delete("period");
  try {
    const { data } = await get(`/statistics/${tab}?${asked}`, { signal: mine.signal });
    if (mine !== running) return;
    clearProblem();
    byId("figures").replaceChildren(...VIEWS[tab](data, period));
    write(byId("as-of"), `统计到 ${moment(data.as_of)}`);
    byId("panel").scrollTop = 0;
  } catch (error) {
    if (mine === running) showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  } finally {
    clearTimeout(loading);
    if (mine === running) setWorking(false);
  }
}

/** @param {boolean} working */
function setWorking(working) {
  show(byId("working"), working);
  byId("panel").setAttribute("aria-busy", String(working));
}

/** Set the span to the last days, or to everything. @param {number} days */
function within(days) {
  form.elements.namedItem("from").value = days ? ago(days) : "";
  form.elements.namedItem("to").value = "";
  if (!days) form.elements.namedItem("unit").value = "";
  goTo(written());
}

/** Arrow keys go from tab to tab, as in any list of tabs. @param {KeyboardEvent} event */
function onTabKey(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = TABS.indexOf(tabOf(query()));
  const tab = TABS[(at + by + TABS.length) % TABS.length];
  goTo(written(tab));
  document.getElementById(`tab-${tab}`)?.focus();
  event.preventDefault();
}

function wire() {
  form.addEventListener("submit", (/** @type {Event} */ event) => (event.preventDefault(), goTo(written())));
  form.addEventListener("click", (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-days]");
    if (button instanceof HTMLElement) within(Number(button.dataset.days));
  });
  byId("tabs").addEventListener("click", (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-tab]");
    if (button instanceof HTMLElement) goTo(written(button.dataset.tab));
  });
  byId("tabs").addEventListener("keydown", onTabKey);
  byId("notice-retry").addEventListener("click", () => void load());
  window.addEventListener("popstate", () => (fillForm(), void load()));
  offerUnits();
  listen(SHORTCUTS, {
    tab: (event) => goTo(written(TABS[Number(event.key) - 1])),
    filter: () => byId("f-from").focus(),
    reset: () => within(0),
    reload: () => void load(),
  });
}

fillForm();
wire();
void load();
