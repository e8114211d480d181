/**
 * The shapes that the modules pass around. The API's own are those of `fenban.model.case`.
 *
 * @typedef {{text: string, title: string, jurisdiction: string}} Submission
 * @typedef {{path: string, probability: number}} RankedTopic
 * @typedef {{function: string, probability: number}} RankedFunction
 * @typedef {{unit: string, function: string|null, jurisdiction: string|null, probability: number, trial?: boolean}} RankedUnit
 * @typedef {{text: string, start: number, end: number, weight: number}} WeighedWord
 * @typedef {{text: string, lead_unit: string|null, function: string|null, topic: string|null, received_at: string|null, similarity: number}} SimilarCase
 * @typedef {{text: string, changed: boolean}} Change
 * @typedef {{words: WeighedWord[], duties: string|null, similar: SimilarCase[], changes: Change[]}} Evidence
 * @typedef {{text: string, start: number, end: number, functions: RankedFunction[], lead_unit: RankedUnit|null}} Matter
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
 * @property {Matter[]} matters
 *
 * @typedef {{suggestion: Suggestion, version: string}} Answer
 * @typedef {"busy"|"offline"|"session"|"invalid"|"server"|"refused"|"missing"|"stale"} ProblemKind
 *
 * What the asker tells the page: `retryAt` is a time of `performance.now()`, null for no retry.
 * @typedef {{kind: "loading"}
 *   | {kind: "answer", answer: Answer, submission: Submission}
 *   | {kind: "explained", answer: Answer, submission: Submission}
 *   | {kind: "problem", problem: import("./api.js").Problem, retryAt: number|null}} News
 */
export {};
