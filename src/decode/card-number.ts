/**
 * Payment card numbers: 13 to 19 digits, single blanks or dashes between them, with the prefix and length of an issuer and the right check
 * digit. The prefix keeps time stamps out (they begin with 1), which would pass the check digit one time in ten. Pure.
 */

/** A candidate; no part of a longer number or word. */
export const CARD = /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g

/** Visa, Mastercard (two ranges), American Express, Diners, JCB, Discover, UnionPay and Maestro. */
const ISSUER = /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14,17}|6\d{15,18})$/

export function isCard(text: string): boolean {
  const digits = text.replace(/[ -]/g, '')
  return ISSUER.test(digits) && passesLuhn(digits)
}

/** From the right, every second digit doubled (its digits added up); the sum is a multiple of ten. */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30
    const weighted = i % 2 === 1 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
