// @ts-check
/**
 * Making elements. Text goes in as text nodes only: log messages are hostile input, and nothing here, nor anywhere else on the page,
 * turns a string into markup.
 */

/** @typedef {Node | string | null} Child */

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...Child} children null is nothing
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children)
}

/** @param {string} tag @param {Record<string, string>} attributes @param {...Child} children */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

/** @param {string} id */
export function byId(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no #${id}`)
  return found
}

/** What is shown is made anew at each refresh; whoever works with the keyboard stays where they were. @param {() => void} work */
export function keepingFocus(work) {
  const mark = document.activeElement?.getAttribute('data-mark') ?? null
  work()
  if (mark === null) return
  for (const button of document.querySelectorAll('[data-mark]')) {
    if (button instanceof HTMLElement && button.dataset['mark'] === mark) button.focus({ preventScroll: true })
  }
}

/**
 * @template {Element} E
 * @param {E} element @param {Record<string, string>} attributes @param {Child[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== null))
  return element
}
