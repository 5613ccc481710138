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

/** What is shown is made anew at each refresh; whoever works with the keyboard, or has scrolled within a box, stays where they were. @param {() => void} work */
export function keepingPlace(work) {
  const focused = document.activeElement?.getAttribute('data-mark') ?? null
  const scrolled = new Map(marked().map((element) => [element.dataset['mark'], element.scrollTop]))
  work()
  for (const element of marked()) {
    const mark = element.dataset['mark']
    const top = scrolled.get(mark) ?? 0
    if (top > 0) element.scrollTop = top
    if (mark === focused) element.focus({ preventScroll: true })
  }
}

function marked() {
  return [...document.querySelectorAll('[data-mark]')].filter((element) => element instanceof HTMLElement)
}

let ids = 0

/** Says what it is for, too, where many on the page read alike: `Silence…, <what>`. @template {Element} E @param {E} element @param {Element} what */
export function nameAfter(element, what) {
  for (const each of [element, what]) if (each.id === '') each.id = `named-${++ids}`
  element.setAttribute('aria-labelledby', `${element.id} ${what.id}`)
  return element
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
