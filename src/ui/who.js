// @ts-check
/** The name under which somebody decides, remembered by this browser. Others see it. */
const KEY = 'tracefold.who'

export function knownName() {
  return localStorage.getItem(KEY) ?? ''
}

/** Keeps what is typed. @param {HTMLInputElement} input */
export function rememberName(input) {
  input.value = knownName()
  input.addEventListener('input', () => {
    localStorage.setItem(KEY, input.value.trim())
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
