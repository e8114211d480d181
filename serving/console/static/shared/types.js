/**
 * The shapes that the modules pass around. The API's own are those of `fenban.model.case` and of its description.
 *
 * What a clerk has written; what the model reads of it is text, title and jurisdiction (and the form where it is set).
 * @typedef {{text: string, title: string, jurisdiction: string, form?: string, lane?: string, channel?: string,
 *   submitter?: string, contact?: string, received_at?: string}} Submission
 * @typedef {{path: string, probability: number}} RankedTopic
 * @typedef {{function: string, probability: number}} RankedFunction
 * @typedef {{unit: string, function: string|null, jurisdiction: string|null, probability: number, trial?: boolean, formerly?: string,
 *   ended?: boolean}} RankedUnit
 * @typedef {{text: string, start: number, end: number, weight: number}} WeighedWord
 * @typedef {{text: string, lead_unit: string|null, function: string|null, topic: string|null, received_at: string|null, similarity: number}} SimilarCase
 * @typedef {{text: string, changed: boolean}} Change
 * @typedef {{words: WeighedWord[], duties: string|null, similar: SimilarCase[], changes: Change[]}} Evidence
 * @typedef {{text: string, start: number, end: number, functions: RankedFunction[], lead_unit: RankedUnit|null}} Part one of several matters in a text
 * @typedef {{unit: string, returned: number, of: number, days: number, what: string, reason: string, taken_by: string|null, taken: number}} Risk
 * @typedef {"auto"|"confirm"|"manual"} Zone
 *
 * @typedef {object} Suggestion
 * @property {RankedTopic[]} topics
 * @property {RankedFunction[]} functions
 * @property {RankedUnit[]} lead_units
 * @property {RankedUnit[]} co_units
 * @property {Zone} zone
 * @property {{name: string, probability: number}|null} form
 * @property {{name: string, reason: string}|null} lane
 * @property {string[]} flags
 * @property {string[]} missing
 * @property {Evidence} evidence
 * @property {string[]} hints
 * @property {Part[]} matters
 *
 * @typedef {{suggestion: Suggestion, version: string}} Answer
 * @typedef {"busy"|"offline"|"session"|"invalid"|"server"|"refused"|"missing"|"stale"} ProblemKind
 *
 * What the asker tells the page: `retryAt` is a time of `performance.now()`, null for no retry.
 * @typedef {{kind: "loading"}
 *   | {kind: "answer", answer: Answer, submission: Submission}
 *   | {kind: "explained", answer: Answer, submission: Submission}
 *   | {kind: "problem", problem: import("./api.js").Problem, retryAt: number|null}} News
 *
 * @typedef {object} Matter an 办件 as the API tells it; times are ISO 8601
 * @property {number} id
 * @property {string} number
 * @property {number} version
 * @property {"complaint"|"proposal"} kind
 * @property {string} state
 * @property {string|null} form
 * @property {string|null} lane
 * @property {string|null} channel
 * @property {string} title
 * @property {string} text
 * @property {string|null} jurisdiction
 * @property {string} received_at
 * @property {string|null} deadline_at
 * @property {"none"|"fine"|"near"|"overdue"} standing
 * @property {boolean} overdue
 * @property {string|null} closed_at
 * @property {Zone|null} zone
 * @property {string|null} suggested_unit
 * @property {string|null} topic
 * @property {string|null} function
 * @property {string|null} lead_unit
 * @property {string|null} other_lead_unit
 * @property {string[]} co_units
 * @property {number|null} merged_into
 * @property {boolean|null} satisfied
 * @property {string} created_by
 * @property {string} updated_at
 * @property {{action: string, label: string, needs_reason: boolean}[]} actions
 *
 * @typedef {{id: number, number: string, etag: string|null}} Held a matter taken in, and the version a change is meant for
 * @typedef {{matter: Matter, kind: "same_text"|"same_matter", similarity: number, differences: string[]}} Twin
 */
export {};
