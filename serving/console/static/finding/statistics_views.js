/** What each kind of statistics shows: tiles, charts and tables from the service's figures. */

import { bar, columns, html, lineChart, matrix, tableOf } from "./charts.js";
import { topicPath, zoneLabel } from "../shared/labels.js";

/** @typedef {(string|number|Node)[]} Row */

/** @param {number|null} value */
const share = (value) => (value === null ? "无" : `${(value * 100).toFixed(1)}%`);

/** @param {number} value */
const axis = (value) => `${Math.round(value * 100)}%`;

/** @param {string} start @param {string} period */
const label = (start, period) => (period === "month" ? start.slice(0, 7) : start.slice(2));

/** Figures side by side. @param {[string, string|number, string?, string?][]} items name, figure, what it is of, tone */
function tiles(items) {
  const list = html("dl", "", { class: "tiles" });
  for (const [name, figure, of = "", tone = ""] of items) {
    const item = html("div");
    const value = html("dd", String(figure), tone ? { "data-tone": tone } : {});
    item.append(html("dt", name), value, ...(of ? [html("dd", of, { class: "hint" })] : []));
    list.append(item);
  }
  return list;
}

/** A heading with what stands below it. @param {string} title @param {string} size @param {Node|null} content */
function block(title, size, content) {
  const made = html("section", "", { class: size });
  made.append(html("h3", title), content || html("p", "没有可以统计的办件。", { class: "hint" }));
  return made;
}

/** @param {string} caption @param {string[]} heads @param {Row[]} rows */
const tableOrNone = (caption, heads, rows) => (rows.length ? tableOf(caption, heads, rows) : null);

/** @param {any} data @param {string} period @returns {Node[]} */
function accuracy(data, period) {
  const rows = (/** @type {any[]} */ groups, /** @type {(group: any) => string} */ name) =>
    groups.map((group) => [name(group), group.settled, share(group.rate), bar(group.rate || 0, 1)]);
  const heads = ["已办结", "首派准确", "图示"];
  const labels = data.periods.map((/** @type {any} */ each) => label(each.start, period));
  const chart = lineChart("首派准确率，按受理时段", labels, [{ name: "首派准确率", values: data.periods.map((/** @type {any} */ each) => each.rate) }], { format: axis, top: 1 });
  return [
    tiles([
      ["首派准确率", share(data.rate), `${data.settled} 件已办结中的 ${data.right} 件`],
      ["还没办结", data.pending, "已派遣，不计入"],
    ]),
    html("p", "首次派遣的单位就是最后办结的单位，中间没有退单和转办，算首派准确。近来的时段办结的还少，会有出入。", { class: "hint" }),
    chart,
    block("按分区", "half", tableOrNone("按分区", ["分区", ...heads], rows(data.zones, ({ zone }) => zoneLabel(zone) || "没有建议"))),
    block("按模型版本", "half", tableOrNone("按模型版本", ["模型", ...heads], rows(data.models, ({ model }) => model || "没有看建议"))),
  ];
}

/** @param {any} data @param {string} period @returns {Node[]} */
function overrides(data, period) {
  const labels = data.periods.map((/** @type {any} */ each) => label(each.start, period));
  const line = { name: "改动率", values: data.periods.map((/** @type {any} */ each) => each.rate) };
  const units = data.units.map((/** @type {any} */ each) => [
    each.unit, each.decided, each.overridden, share(each.rate), bar(each.rate || 0, 1, "warn"),
    each.instead.map((/** @type {any} */ to) => `${to.unit}（${to.n}）`).join("、"),
  ]);
  const zones = data.zones.map((/** @type {any} */ each) => [zoneLabel(each.zone) || "没有分区", each.decided, each.overridden, share(each.rate)]);
  return [
    tiles([["没有照首位建议派", share(data.rate), `${data.decided} 件有建议的中 ${data.overridden} 件`]]),
    Object.assign(lineChart("改动率，按受理时段", labels, [line], { format: axis, width: 700 }), { className: "chart wide" }),
    block("按分区", "narrow", tableOrNone("按分区", ["分区", "已派遣", "改动", "改动率"], zones)),
    block("哪个单位被建议时改得最多", "", tableOrNone("按被建议的单位", ["建议的单位", "已派遣", "改动", "改动率", "图示", "实际派给"], units)),
  ];
}

/** @param {any} data @returns {Node[]} */
function returns(data) {
  const most = Math.max(1, ...data.reasons.map((/** @type {any} */ each) => each.n));
  const reasons = data.reasons.map((/** @type {any} */ each) => [each.reason, each.n, bar(each.n, most, "bad")]);
  const pairs = data.pairs.map((/** @type {any} */ each) => [each.from, each.to || "还没有去处", each.n]);
  const across = html("div", "", { class: "across", tabindex: "0", role: "region", "aria-label": "退单矩阵" });
  if (data.to.length) across.append(matrix("退单矩阵：行是退单的单位，列是最后办理的单位", "退单 ＼ 最后办理", data.from, data.to, data.matrix));
  const of = data.decided ? `占已派遣 ${data.decided} 件的 ${share(data.matters / data.decided)}` : "";
  return [
    tiles([["退单", data.returns, "次"], ["退过单的办件", data.matters, of]]),
    block("原因", "narrow", tableOrNone("退单原因", ["原因", "次数", "图示"], reasons)),
    block("从谁退回、最后由谁办", "wide", tableOrNone("退单的单位和最后办理的单位", ["退单的单位", "最后办理", "次数"], pairs)),
    block("退单最多的 15 个单位，以及接手最多的 15 个单位", "", data.to.length ? across : null),
  ];
}

/** @param {any} data @returns {Node[]} */
function topics(data) {
  const rows = data.topics.map((/** @type {any} */ each) => [
    topicPath(each.topic), each.n, each.before.toFixed(1), growth(each), columns(each.weekly, `八周：${each.weekly.join("、")}`),
  ]);
  const last = data.weeks[data.weeks.length - 1];
  return [
    html("p", `从 ${last} 起的七天，比此前四周明显增多的主题；增多得越不像偶然，排得越前。`, { class: "hint" }),
    block("热点主题", "", tableOrNone("热点主题", ["主题", "最近七天", "此前每周", "增长", "八周"], rows)),
  ];
}

/** @param {{growth: number|null, n: number}} topic */
function growth({ growth: value }) {
  if (value === null) return "新出现";
  return `${value >= 0 ? "+" : "−"}${Math.abs(Math.round(value * 100))}%`;
}

/** @param {any} data @param {string} period @returns {Node[]} */
function workload(data, period) {
  const days = (/** @type {number|null} */ value) => (value === null ? "无" : `${value.toFixed(1)} 天`);
  const labels = data.periods.map((/** @type {any} */ each) => label(each.start, period));
  const lines = [
    { name: "受理", values: data.periods.map((/** @type {any} */ each) => each.received) },
    { name: "办完", values: data.periods.map((/** @type {any} */ each) => each.closed) },
  ];
  const most = Math.max(1, ...data.units.map((/** @type {any} */ each) => each.open));
  const units = data.units.map((/** @type {any} */ each) => [each.unit, each.open, bar(each.open, most), each.overdue]);
  const states = data.states.map((/** @type {any} */ each) => [each.state, each.n, each.overdue]);
  return [
    tiles([
      ["受理", data.received],
      ["还没办完", data.open],
      ["超期", data.overdue, "", data.overdue ? "bad" : ""],
      ["三天内到期", data.soon],
      ["办结天数", days(data.median_days), `中位数；九成在 ${days(data.ninth_decile_days)}内`],
      ["满意率", share(data.satisfaction), `评价过的 ${data.evaluated} 件`],
    ]),
    lineChart("受理和办完的件数", labels, lines, { format: (value) => String(Math.round(value)) }),
    block("手上最多的单位", "wide", tableOrNone("按单位", ["主办单位", "在办", "图示", "超期"], units)),
    block("按状态", "narrow", tableOrNone("按状态", ["状态", "件数", "超期"], states)),
  ];
}

/** By tab: what draws the figures. @type {Record<string, (data: any, period: string) => Node[]>} */
export const VIEWS = { workload, accuracy, overrides, returns, topics };
