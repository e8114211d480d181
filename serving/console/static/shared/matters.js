/** What can be asked of the service about matters, one function each. */

import { get, post } from "./api.js";

/** @param {import("./api.js").Answered} answered @returns {import("./types.js").Held & {matter: import("./types.js").Matter, data: any}} */
function heldOf({ data, etag }) {
  const matter = data.matter || data;
  return { id: matter.id, number: matter.number, etag: etag || `"v${matter.version}"`, matter, data };
}

/** Leave out what is empty: the service takes absence for unknown. @param {Record<string, any>} content */
function filled(content) {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== "" && value !== null && value !== undefined));
}

/**
 * Take a submission in. The service asks the model itself, about the masked text.
 *
 * @param {import("./types.js").Submission} submission
 * @param {boolean} accept false: a draft, or not yet accepted
 * @param {string} key
 */
export async function takeIn(submission, accept, key) {
  const { received_at: at, lane, ...rest } = submission;
  const received = at ? new Date(at).toISOString() : "";
  const body = filled({ ...rest, title: rest.title.trim(), jurisdiction: rest.jurisdiction.trim(), received_at: received, lane, accept });
  return heldOf(await post("/submissions", body, { key }));
}

/** One matter, to be changed or looked at. @param {number} id */
export async function matterOf(id) {
  return heldOf(await get(`/submissions/${id}`));
}

/**
 * Decide who handles a matter.
 *
 * @param {import("./types.js").Held} held
 * @param {Record<string, any>} decision `lead_unit` and what goes with it
 * @param {string} key
 */
export async function decide(held, decision, key) {
  const answered = await post(`/submissions/${held.id}/decisions`, filled(decision), { etag: held.etag, key });
  return { ...heldOf(answered), decision: answered.data.decision };
}

/** Take a decision back, within ten seconds. @param {import("./types.js").Held} held @param {number} decision its id @param {string} key */
export async function undoDecision(held, decision, key) {
  return heldOf(await post(`/submissions/${held.id}/decisions/${decision}/undo`, {}, { etag: held.etag, key }));
}

/**
 * Any other change: `act(held, "returns", {reason, why}, key)`.
 *
 * @param {import("./types.js").Held} held
 * @param {string} what the last part of the address
 * @param {Record<string, any>} content
 * @param {string} key
 */
export async function act(held, what, content, key) {
  return heldOf(await post(`/submissions/${held.id}/${what}`, filled(content), { etag: held.etag, key }));
}

/**
 * One page of matters.
 *
 * @param {URLSearchParams} filters as the API names them
 * @param {AbortSignal} [signal]
 * @returns {Promise<{items: import("./types.js").Matter[], next: string|null, total: number|null, total_is_more: boolean}>} `total` on the first page alone
 */
export async function listMatters(filters, signal) {
  return (await get(`/submissions?${filters}`, { signal })).data;
}

/** The matter with a number, or null. @param {string} number @returns {Promise<import("./types.js").Matter|null>} */
export async function matterNumbered(number) {
  const wanted = number.trim();
  const { items } = await listMatters(new URLSearchParams({ number: wanted, limit: "1" }));
  return items[0] || null;
}
