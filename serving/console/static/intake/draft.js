/** The draft of the intake: the fields, what was chosen, and a matter taken in but not decided. */

import { Draft } from "../shared/draft.js";
import { isBlank } from "./fields.js";

/**
 * @typedef {import("../shared/types.js").Submission & {chosen?: string|null, other?: string, across?: string,
 *   held?: import("../shared/types.js").Held|null, key?: string}} IntakeDraft
 */

/** @type {Draft<IntakeDraft>} */
const draft = new Draft("intake");

export const loadDraft = () => draft.load();

/** @param {IntakeDraft|null} content */
export function keepDraft(content) {
  draft.keep(content && !isBlank(content) ? content : null);
}
