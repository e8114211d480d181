/**
 * What is being written on a page, kept for this tab so that a reload or an ended session loses nothing.
 * It is kept per person: on a shared machine the next one does not find it. Where storage is off, nothing is kept.
 */

const PREFIX = "fenban.draft";

/** Remove what others left in this tab: whoever logs in next on a shared machine must not find it. */
export function forgetOthers() {
  const mine = `${PREFIX}/${document.body.dataset.user || ""}/`;
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(`${PREFIX}/`) && !key.startsWith(mine)) sessionStorage.removeItem(key);
    }
  } catch {
    // storage is off: there is nothing
  }
}

/** One draft of one person in one tab. @template T */
export class Draft {
  /** @param {string} name what is being written, such as `intake` or `matter-12-return` */
  constructor(name) {
    this.key = `${PREFIX}/${document.body.dataset.user || ""}/${name}`;
  }

  /** @returns {T|null} */
  load() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) || "null");
    } catch {
      return null;
    }
  }

  /** Keep it, or remove what was there where there is nothing to keep. @param {T|null} content */
  keep(content) {
    try {
      if (content) sessionStorage.setItem(this.key, JSON.stringify(content));
      else sessionStorage.removeItem(this.key);
    } catch {
      // storage is full or switched off: the page works without
    }
  }
}
