/** One question to the model. */

import { post, Problem } from "../shared/api.js";

const TOP = 5;

/**
 * Ask for the suggestion of one submission.
 *
 * @param {import("../shared/types.js").Submission} submission
 * @param {AbortSignal} signal
 * @param {boolean} [explain] whether to find what would change the answer, which takes longer
 * @returns {Promise<import("../shared/types.js").Answer>}
 * @throws {Problem} or an AbortError once `signal` has fired
 */
export async function ask(submission, signal, explain = false) {
  const { data } = await post("/suggestions", { items: [itemOf(submission)], top: TOP, explain }, { signal });
  const suggestion = data && Array.isArray(data.items) ? data.items[0] : null;
  if (!suggestion || !Array.isArray(suggestion.lead_units) || !suggestion.evidence) {
    throw new Problem("server", "服务的回答读不懂", "网页和服务的版本可能不一致，请刷新本页；文字会保留。");
  }
  return { suggestion, version: (data.model && data.model.version) || "" };
}

/** @param {import("../shared/types.js").Submission} submission */
function itemOf({ text, title, jurisdiction }) {
  /** @type {Record<string, string>} */
  const item = { text };
  if (title.trim()) item.title = title.trim();
  if (jurisdiction.trim()) item.jurisdiction = jurisdiction.trim();
  return item;
}
