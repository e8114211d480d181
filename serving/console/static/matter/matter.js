/** 办件: one matter, what is known of it, and the steps that may be taken. */

import { ActionDialog } from "./action_dialog.js";
import { showAnswer, tickedCoUnits, zoneName } from "../suggestion/answer_view.js";
import { get, newKey, post } from "../shared/api.js";
import { byId, show, write } from "../shared/dom.js";
import { alt, digitOf, listen, shortcut } from "../shared/keys.js";
import { ACTIONS, offered } from "./actions.js";
import { act, listMatters, matterOf, undoDecision } from "../shared/matters.js";
import { cell, detailOf, showAgreements, showFacts, showFollowers, showHead, showTimeline } from "./view.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";
import { riskLine, risksOf, warnOfReturns } from "../suggestion/risks.js";
import { may } from "../shared/session.js";
import { choices, spoken } from "../suggestion/summary.js";
import { showToast, undoNow } from "../shared/toast_view.js";
import { showTwins, twinsOfMatter } from "../suggestion/twins_view.js";
import { nearTo } from "../suggestion/unit_field.js";
import { showUnits } from "../suggestion/units_view.js";
import { moment } from "../shared/formats.js";

const UNDO_S = 10;
const FROM_THE_SIDE = ["merge", "split", "refuse"]; // never the thing to do next
const ID = Number(byId("page").dataset.matter);

/** @type {(import("../shared/types.js").Held & {matter: import("../shared/types.js").Matter})|null} */
let held = null;
/** @type {{id: number, body: import("../shared/types.js").Suggestion}|null} */
let suggested = null;
/** @type {import("./view.js").Entry[]} */
let entries = [];
/** @type {{agreement: any, promise: any}|null} the promise whose keeping is being noted */
let promised = null;
const dialog = new ActionDialog(sent, riskOf);

/** Fetch the matter and what belongs to it; each part is drawn as it comes. */
async function load() {
  try {
    held = await matterOf(ID);
  } catch (error) {
    return showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
  clearProblem();
  draw();
  await Promise.all([loadTimeline(), loadSuggestion(), loadAgreements(), loadTwins()]);
}

/** @returns {import("../shared/types.js").Matter} */
const matter = () => /** @type {NonNullable<typeof held>} */ (held).matter;
/** @param {string} action */
const stepOf = (action) => matter().actions.find((step) => step.action === action);

function draw() {
  nearTo(matter().jurisdiction || "");
  showHead(matter());
  showFacts(matter());
  showButtons();
  drawSuggestion();
}

async function loadTimeline() {
  const { data } = await get(`/submissions/${ID}/timeline`).catch(() => ({ data: { items: [] } }));
  entries = data.items;
  showTimeline(entries);
  if (!entries.some(({ action }) => action === "absorb")) return;
  const found = await listMatters(new URLSearchParams({ merged_into: String(ID) })).catch(() => null);
  if (found) showFollowers(found.items);
}

async function loadSuggestion() {
  const { data } = await get(`/submissions/${ID}/suggestions`).catch(() => ({ data: { items: [] } }));
  const last = data.items[data.items.length - 1];
  const shown = last ? { id: last.id, body: last.suggestion } : null;
  suggested = shown;
  drawSuggestion();
  if (shown && stepOf("decide")) void warnOfReturns(shown.body, () => suggested === shown);
}

async function loadAgreements() {
  if (matter().lane !== "协商调解" && !entries.some(({ action }) => action === "agree")) return showAgreements([], false, fulfil);
  const { data } = await get(`/submissions/${ID}/agreements`).catch(() => ({ data: { items: [] } }));
  showAgreements(data.items, Boolean(stepOf("fulfil")), fulfil);
}

async function loadTwins() {
  const twins = stepOf("merge") ? await twinsOfMatter(ID).catch(() => []) : [];
  showTwins(twins, (twin) => begin("merge", { into: twin.matter.number }));
}

function drawSuggestion() {
  show(byId("suggested"), Boolean(suggested && stepOf("decide")));
  byId("page").classList.toggle("settled", !stepOf("decide"));
  const submission = { text: matter().text, title: matter().title, jurisdiction: matter().jurisdiction || "" };
  if (!suggested) {
    write(byId("marked"), submission.text);
    return;
  }
  showAnswer(suggested.body, submission);
  showUnits(suggested.body, (unit) => begin("decide", { unit }));
}

function showButtons() {
  const buttons = offered(matter()).map((step, rank) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.action = step.action;
    button.className = rank || FROM_THE_SIDE.includes(step.action) ? "" : "primary";
    button.append(step.label, " ", cell("kbd", keyOf(step.action)));
    button.addEventListener("click", () => begin(step.action));
    return button;
  });
  byId("actions").replaceChildren(...buttons);
}

/** The key of a step, as the help lists it. @param {string} action */
function keyOf(action) {
  return document.querySelector(`#help [data-shortcut="${action}"] kbd`)?.textContent || "";
}

/** Begin a step: open its dialog, or take it at once where nothing is asked. @param {string} action @param {Record<string, any>} [values] */
function begin(action, values = {}) {
  const step = held && stepOf(action);
  if (!step) return showToast(held ? `“${matter().state}”的办件现在不能这样做` : "还没有读到这一件");
  promised = null;
  if (ACTIONS[action].direct) return void take(action);
  dialog.show(matter(), step, startOf(action), values);
}

/** What a form begins with. @param {string} action @returns {Record<string, any>} */
function startOf(action) {
  if (action !== "decide" || !suggested) return {};
  const lane = matter().lane || (suggested.body.lane ? suggested.body.lane.name : "");
  return { co: tickedCoUnits().join("\n"), lane, other: matter().other_lead_unit || "", suggestionId: suggested.id };
}

/** @param {string} action */
async function take(action) {
  const refusal = await sent(action, ACTIONS[action].body(/** @type {any} */ ({ why: "" })), newKey());
  if (refusal) showProblem(/** @type {any} */ ({ kind: "refused", title: refusal, detail: "", fields: [] }), null);
}

/** @param {any} agreement @param {any} promise */
function fulfil(agreement, promise) {
  const step = stepOf("fulfil");
  if (!step) return;
  promised = { agreement, promise };
  ACTIONS.fulfil = {
    path: `agreements/${agreement.id}/promises/${promise.id}/fulfilments`,
    body: ({ why }) => ({ why }),
    first: "a-why",
  };
  dialog.show(matter(), { ...step, needs_reason: true }, {});
}

/**
 * Send a step. A matter changed meanwhile is read again and shown; what is written stays.
 *
 * @param {string} action
 * @param {Record<string, any>} body
 * @param {string} key
 * @returns {Promise<string>} why it was refused
 */
async function sent(action, body, key) {
  if (!held) return "还没有读到这一件。";
  const label = (stepOf(action) || { label: "" }).label;
  try {
    const done = await act(held, ACTIONS[action].path, body, key);
    const decision = /** @type {any} */ (done).data;
    await load();
    const undo = action === "decide" && decision ? () => void undone(decision.decision.id) : null;
    showToast(doneLine(action, label), undo ? { undo, seconds: UNDO_S } : {});
    return "";
  } catch (error) {
    const problem = /** @type {import("../shared/api.js").Problem} */ (error);
    if (problem.kind === "stale") return conflict(label);
    return [problem.detail || problem.title, ...problem.fields.map(({ message }) => message)].filter(Boolean).join(" ");
  }
}

/** What was just done, and where the matter stands. @param {string} action @param {string} label */
function doneLine(action, label) {
  const { number, lead_unit: unit, state } = matter();
  return action === "decide" ? `${number} 已${label}给 ${unit}` : `${number} 已${label}，现在是“${state}”`;
}

/** Somebody was faster: show what they did, and let the clerk go on where that is still possible. @param {string} label */
async function conflict(label) {
  const before = entries.length;
  await load();
  const news = entries.slice(before).map((entry) => `${moment(entry.at)} ${entry.by} ${entry.label}，${detailOf(entry.detail || {}) || entry.to_state}`);
  const still = stepOf(dialog.action);
  dialog.warn("别人刚刚改过这一件", `${news.join("；") || "内容有变动"}。现在是“${matter().state}”。`);
  dialog.matter = matter();
  dialog.key = newKey();
  return still ? `您写的都还在；看过之后仍要${label}，请再提交一次。` : `现在不能再${label}了，您写的都还在，可以复制。`;
}

/** @param {number} decision */
async function undone(decision) {
  if (!held) return;
  try {
    await undoDecision(held, decision, newKey());
    await load();
    showToast(`已撤销，${matter().number} 回到${matter().state}`);
  } catch (error) {
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
}

/** @param {string} unit @returns {Promise<string>} */
async function riskOf(unit) {
  const [risk] = await risksOf([unit], matter().topic);
  return risk ? riskLine(risk) : "";
}

async function showRaw() {
  try {
    const { data } = await get(`/submissions/${ID}/raw`);
    const rows = [
      ["标题", data.title],
      ["来件人", data.submitter],
      ["联系方式", data.contact],
    ].filter(([, value]) => value);
    byId("raw-facts").replaceChildren(...rows.flatMap(([name, value]) => [cell("dt", name), cell("dd", value)]));
    write(byId("raw-text"), data.text);
    byId("raw").showModal();
  } catch (error) {
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
}

async function askAgain() {
  if (!held) return;
  try {
    await post(`/submissions/${ID}/suggestions`, {}, { etag: held.etag, key: newKey() });
    await load();
    if (suggested) write(byId("announce"), spoken(suggested.body, zoneName(suggested.body.zone)));
    showToast("已重新判断");
  } catch (error) {
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
}

function wire() {
  const raw = may("matters.raw");
  byId("back").href = `/queue${sessionStorage.getItem("fenban.queue.address") || ""}`;
  show(byId("raw-open"), raw);
  byId("raw-open").addEventListener("click", () => void showRaw());
  byId("raw").addEventListener("close", () => byId("raw-text").replaceChildren());
  byId("ask-again").addEventListener("click", () => void askAgain());
  show(byId("ask-again"), may("matters.write"));
  byId("notice-retry").addEventListener("click", () => void load());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !dialog.open && void load());
  const names = [...document.querySelectorAll("#help [data-shortcut]")].map((row) => row.getAttribute("data-shortcut") || "");
  const steps = names.filter((name) => ACTIONS[name]);
  /** @type {Record<string, (event: KeyboardEvent) => boolean|void>} */
  const actions = Object.fromEntries(steps.map((name) => [name, () => begin(name)]));
  listen([...steps.map((name) => shortcut(name, keyOf(name).toLowerCase())), ...SHORTCUTS], {
    ...actions,
    choose: (event) => {
      const unit = suggested && choices(suggested.body)[digitOf(event) - 1];
      if (unit) begin("decide", { unit: unit.unit });
    },
    undo: () => undoNow(),
    raw: () => void (raw && showRaw()),
    again: () => void askAgain(),
    queue: () => byId("back").click(),
  });
}

/** Those beside the steps' own keys. @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  { name: "choose", action: "choose", typing: true, matches: (e) => alt(e) && /^Digit[1-5]$/.test(e.code) },
  shortcut("undo", "Ctrl+z"),
  shortcut("raw", "y"),
  shortcut("again", "r"),
  shortcut("queue", "q"),
];

wire();
void load();
