/** What can be done with a matter: the fields each step asks for, where it is sent, and as what. */

/**
 * @typedef {object} Action
 * @property {string} path below the matter
 * @property {(values: Values) => Record<string, any>} body
 * @property {string} [first] id of the field that has the focus
 * @property {boolean} [direct] nothing is asked: it is sent at once
 *
 * What the form holds, by the names of its fields; `intoId` is the matter found by its number.
 * @typedef {Record<string, any> & {promises: {unit: string, what: string, due_on: string}[], intoId: number|null}} Values
 */

/** @param {string|undefined} text */
const lines = (text) => (text || "").split(/[\n、]/).map((line) => line.trim()).filter(Boolean);
/** @param {string|undefined} answer of a pair of radio buttons */
const yes = (answer) => (answer ? answer === "true" : null);

/** A step that changes the state alone. @param {string} action @param {Partial<Action>} [more] @returns {Action} */
const step = (action, more = {}) => ({ path: "steps", body: ({ why }) => ({ action, why }), first: "a-why", ...more });

/** @type {Record<string, Action>} */
export const ACTIONS = {
  decide: {
    path: "decisions",
    first: "a-unit",
    body: ({ unit, other, co, lane, topic, why, suggestionId }) => ({
      lead_unit: unit.trim(),
      other_lead_unit: other.trim(),
      co_units: lines(co),
      lane,
      topic: topic.trim(),
      why,
      suggestion_id: suggestionId,
    }),
  },
  return: { path: "returns", body: ({ reason, why }) => ({ reason, why }) },
  transfer: { path: "transfers", first: "a-unit", body: ({ unit, why }) => ({ to_unit: unit.trim(), why }) },
  merge: { path: "merges", first: "a-into", body: ({ intoId, why }) => ({ into: intoId, why }) },
  resolve: { path: "outcomes", first: "a-reply", body: ({ reply, resolved }) => ({ reply, resolved: yes(resolved) }) },
  evaluate: {
    path: "evaluations",
    body: ({ satisfied, score, why }) => ({ satisfied: yes(satisfied), score: score ? Number(score) : null, why }),
  },
  agree: {
    path: "agreements",
    first: "a-text",
    body: ({ text, parties, promises }) => ({ text, parties: lines(parties), promises }),
  },
  extend: { path: "extensions", first: "a-until", body: ({ until, why }) => ({ until: endOf(until), why }) },
  supplement: step("supplement", { first: "a-text", body: ({ text }) => ({ action: "supplement", text }) }),
  ask: step("ask"),
  refuse: step("refuse"),
  reopen: step("reopen"),
  unsettle: step("unsettle"),
  split: step("split"),
  accept: step("accept", { direct: true }),
  sign: step("sign", { direct: true }),
  register: step("register", { direct: true }),
};

/** From the one that takes a matter on to those that are seldom wanted. */
const ORDER = "reopen decide accept register supplement sign resolve evaluate agree return transfer extend merge ask unsettle refuse split".split(" ");

/** The steps that may be taken, the likeliest first. @param {import("../shared/types.js").Matter} matter */
export function offered({ actions }) {
  return actions.filter(({ action }) => ACTIONS[action] && ORDER.includes(action)).sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
}

/** The end of a day, as a moment. @param {string} day */
function endOf(day) {
  return day ? new Date(`${day}T18:00:00`).toISOString() : "";
}

/** What must be there before it is sent, in the words of a clerk; empty where nothing is missing. @param {string} action @param {Values} values @param {boolean} needsReason @param {string|null} lane the matter's */
export function missing(action, values, needsReason, lane) {
  const across = (values.lane || lane) === "跨区域协同";
  /** @type {Record<string, [boolean, string][]>} */
  const rules = {
    decide: [
      [!values.unit.trim(), "请写明主办单位。"],
      [across && !values.other.trim(), "跨区域协同须写明另一方的主办单位。"],
    ],
    transfer: [[!values.unit.trim(), "请写明转给哪个单位。"]],
    return: [[!values.reason, "请选退单原因。"]],
    merge: [[!values.intoId, "请写并入哪一件的编号。"]],
    extend: [[!values.until, "请选延到哪一天。"]],
    supplement: [[!values.text.trim(), "请写补充的内容。"]],
    agree: [
      [!values.text.trim(), "请写意见书正文。"],
      [!lines(values.parties).length, "请写参加各方。"],
      [values.promises.some((it) => !it.unit || !it.what), "每一项都要写明由谁办、办什么。"],
    ],
    resolve: [
      [!values.reply.trim(), "请写给来件人的答复。"],
      [!values.resolved, "请选问题是否解决。"],
    ],
    evaluate: [[!values.satisfied, "请选来件人是否满意。"]],
  };
  const failed = (rules[action] || []).find(([lacks]) => lacks);
  if (failed) return failed[1];
  return needsReason && !values.why.trim() ? "请写明理由。" : "";
}
