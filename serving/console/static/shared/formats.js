/** Times and deadlines as clerks read them, in the time of this machine. */

const DAY_MS = 86400000;

/** @param {number} value */
const two = (value) => String(value).padStart(2, "0");

/** `11-26 09:30`, with the year where it is another. @param {string|null|undefined} iso */
export function moment(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  return `${day(iso)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `11-26`, or `2025-11-26` where it is not this year. @param {string|null|undefined} iso */
export function day(iso) {
  if (!iso) return "";
  const at = new Date(iso);
  const short = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return at.getFullYear() === new Date().getFullYear() ? short : `${at.getFullYear()}-${short}`;
}

/** Days from today to a day, by the calendar. @param {string} iso */
function daysTo(iso) {
  const midnight = (/** @type {Date} */ at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  return Math.round((midnight(new Date(iso)) - midnight(new Date())) / DAY_MS);
}

/**
 * A deadline in words, and how pressing it is (`data-due`): over, soon, later, none.
 *
 * @param {{deadline_at: string|null, overdue: boolean, closed_at: string|null, standing: string}} matter
 * @returns {{text: string, due: "over"|"soon"|"later"|"none"}}
 */
export function deadline({ deadline_at: at, overdue, closed_at: closed, standing }) {
  if (!at) return { text: "无期限", due: "none" };
  if (closed) return { text: standing === "overdue" ? "逾期办完" : "按期办完", due: "none" };
  const days = daysTo(at);
  if (overdue) return { text: days < 0 ? `超期 ${-days} 天` : `${moment(at).slice(-5)} 已超期`, due: "over" };
  if (days === 0) return { text: `今天 ${moment(at).slice(-5)} 到期`, due: "soon" };
  return { text: days === 1 ? "明天到期" : `还有 ${days} 天`, due: standing === "near" || days === 1 ? "soon" : "later" };
}
