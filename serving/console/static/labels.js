/** Codes of the API in the words that a clerk reads. */

/** As in `fenban.model.signs.signals.SIGNAL_NAMES`. @type {Record<string, string>} */
export const FLAG_NAMES = {
  danger: "可能危及人身安全，请先核实",
  out_of_scope: "可能不属于政府部门职责",
  unreadable: "文字太少，无法判断",
};

/** As in `fenban.model.signs.signals.MISSING_NAMES`. @type {Record<string, string>} */
export const MISSING_NAMES = {
  place: "缺地点",
};

/** What to do about what is missing. @type {Record<string, string>} */
export const MISSING_HINTS = {
  place: "补上属地或地址，单位会更准",
};

/** @type {Record<import("./types.js").Zone, string>} */
const ZONE_MEANINGS = {
  auto: "把握达到设定的准确率目标，可照首位分办",
  confirm: "把握未达目标，请核对后再分办",
  manual: "把握不足，请由人判断，下面的只供参考",
};

/**
 * One line on what a zone asks of the clerk.
 *
 * @param {import("./types.js").Suggestion} suggestion
 * @returns {string}
 */
export function zoneMeaning({ zone, flags }) {
  if (flags.includes("unreadable")) return "文字太少，无法判断，请补充内容";
  if (zone === "confirm" && flags.length) return "有提示要先看，核实后再分办";
  return ZONE_MEANINGS[zone];
}

/** A probability for people: never 100 % or 0 % where it is not. @param {number} probability */
export function percent(probability) {
  if (probability > 0.99 && probability < 1) return ">99%";
  if (probability > 0 && probability < 0.01) return "<1%";
  return `${Math.round(probability * 100)}%`;
}

/** `交通运输/公共交通` with room around the slash. @param {string} path */
export function topicPath(path) {
  return path.split("/").join(" / ");
}

/** @param {string|null} zone */
export const zoneLabel = (zone) => (zone && ZONE_SHORT[zone]) || "";

/** As in `fenban.model.case.ZONE_NAMES`. @type {Record<string, string>} */
const ZONE_SHORT = { auto: "可直接分办", confirm: "请确认", manual: "人工研判" };

/** @type {Record<string, string[]>} */
const TONES = {
  warn: ["待受理", "待派遣", "待补充", "审查", "立案"],
  bad: ["退单", "重办"],
  info: ["已派遣", "办理中", "交办"],
  good: ["办结", "答复", "评价"],
};

/** The tone of the badge of a state. @param {string} state */
export function stateTone(state) {
  const found = Object.entries(TONES).find(([, states]) => states.includes(state));
  return found ? found[0] : "plain";
}
