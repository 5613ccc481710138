// @ts-check
/** The name under which somebody decides, remembered by this browser. Others see it. */
const KEY = 'tracefold.who'

/** Where the browser keeps nothing for us, none is known. */
export function knownName() {
  return storage((kept) => kept.getItem(KEY)) ?? ''
}

/** Reading `localStorage` alone may throw, where a person has turned it off. @template T @param {(kept: Storage) => T} work */
function storage(work) {
  try {
    return work(localStorage)
  } catch {
    return null
  }
}

/** Keeps what is typed. @param {HTMLInputElement} input */
export function rememberName(input) {
  input.value = knownName()
  input.addEventListener('input', () => {
    storage((kept) => kept.setItem(KEY, input.value.trim()))
    input.setCustomValidity('')
  })
}

/** Without a name nothing is decided. @param {HTMLInputElement} input @returns {string | null} */
export function nameOf(input) {
  const name = input.value.trim()
  if (name !== '') return name
  input.setCustomValidity('Say who you are: others see it.')
  input.reportValidity()
  return null
}
