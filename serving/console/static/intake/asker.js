/** When to ask: after a pause in typing, at once, or again after a failure. Only the newest counts. */

import { Problem } from "../shared/api.js";

const LOADING_AFTER_MS = 150;
const EXPLAIN_AFTER_MS = 600; // once the clerk reads rather than types
const OFFLINE_WAITS_S = [3, 6, 12, 24, 30];

export class Asker {
  /**
   * @param {(submission: import("../shared/types.js").Submission, signal: AbortSignal, explain?: boolean) => Promise<import("../shared/types.js").Answer>} ask
   * @param {(news: import("../shared/types.js").News) => void} tell
   */
  constructor(ask, tell) {
    this.ask = ask;
    this.tell = tell;
    /** @type {import("../shared/types.js").Submission|null} */
    this.submission = null;
    /** @type {AbortController|null} */
    this.running = null;
    this.timer = 0;
    this.loading = 0;
    this.notBefore = 0;
    this.failures = 0;
  }

  /**
   * Ask in `delay` ms, or once a busy service has had the pause it asked for. What was under way is dropped.
   *
   * @param {import("../shared/types.js").Submission} submission
   * @param {number} delay
   */
  later(submission, delay) {
    this.drop();
    this.submission = submission;
    this.timer = window.setTimeout(() => this.send(submission), Math.max(delay, this.notBefore - performance.now()));
  }

  /** Ask at once, whatever the service asked for: a person wants it. @param {import("../shared/types.js").Submission} submission */
  now(submission) {
    this.notBefore = 0;
    this.later(submission, 0);
  }

  /** Ask the last question again. */
  again() {
    if (this.submission) this.now(this.submission);
  }

  /** Forget the question. */
  cancel() {
    this.drop();
    this.submission = null;
  }

  drop() {
    clearTimeout(this.timer);
    clearTimeout(this.loading);
    if (this.running) this.running.abort();
    this.running = null;
  }

  /** @param {import("../shared/types.js").Submission} submission */
  async send(submission) {
    const running = new AbortController();
    this.running = running;
    this.loading = window.setTimeout(() => this.tell({ kind: "loading" }), LOADING_AFTER_MS);
    /** @type {import("../shared/types.js").News} */
    let news;
    try {
      const answer = await this.ask(submission, running.signal);
      news = { kind: "answer", answer, submission };
    } catch (error) {
      if (running !== this.running) return;
      const problem = error instanceof Problem ? error : new Problem("server", "本页出错", String(error));
      news = { kind: "problem", problem, retryAt: null };
    }
    if (running !== this.running) return;
    this.running = null;
    clearTimeout(this.loading);
    this.tell(news.kind === "problem" ? this.retrying(news.problem, submission) : this.succeeded(news));
    if (news.kind === "answer" && submission === this.submission) {
      this.timer = window.setTimeout(() => this.explain(submission), EXPLAIN_AFTER_MS);
    }
  }

  /** Ask for what takes longer; without it the answer stands as it is. @param {import("../shared/types.js").Submission} submission */
  async explain(submission) {
    const running = new AbortController();
    this.running = running;
    const answer = await this.ask(submission, running.signal, true).catch(() => null);
    if (running !== this.running) return;
    this.running = null;
    if (answer) this.tell({ kind: "explained", answer, submission });
  }

  /** @param {import("../shared/types.js").News} news */
  succeeded(news) {
    this.failures = 0;
    this.notBefore = 0;
    return news;
  }

  /**
   * @param {Problem} problem
   * @param {import("../shared/types.js").Submission} submission
   * @returns {import("../shared/types.js").News}
   */
  retrying(problem, submission) {
    let wait = 0;
    if (problem.kind === "busy") wait = problem.wait;
    if (problem.kind === "offline") {
      wait = OFFLINE_WAITS_S[Math.min(this.failures, OFFLINE_WAITS_S.length - 1)];
      this.failures += 1;
    }
    if (!wait) return { kind: "problem", problem, retryAt: null };
    this.notBefore = performance.now() + wait * 1000;
    this.later(submission, 0);
    return { kind: "problem", problem, retryAt: this.notBefore };
  }
}
