/** The few things every view does to the page. */

/**
 * Return the element with an id that the template is known to have.
 *
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/**
 * Copy the one element of a `<template>`, and its parts by their `data-part`.
 *
 * @param {HTMLTemplateElement} template
 * @returns {{element: HTMLElement, part: Record<string, any>}}
 */
export function copyOf(template) {
  const fragment = /** @type {DocumentFragment} */ (document.importNode(template.content, true));
  const element = /** @type {HTMLElement} */ (fragment.firstElementChild);
  /** @type {Record<string, any>} */
  const part = {};
  for (const found of element.querySelectorAll("[data-part]")) part[found.getAttribute("data-part") || ""] = found;
  return { element, part };
}

/** Show or hide. @param {HTMLElement} element @param {boolean} shown */
export function show(element, shown) {
  element.hidden = !shown;
}

/** Write a text only where it changed, so that a live region does not speak twice. @param {HTMLElement} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Whether keys pressed there are writing. @param {EventTarget|null} target */
export function isField(target) {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
