import { expect, it } from 'vitest'
import { scrubber } from '../../../../src/alert/deliver/scrub.ts'

const url = 'https://hooks.example.com/services/T0001/B0001/abcdefghij?access_token=0123456789'
const scrub = scrubber([url, 's3cret!'])

it.each([
  ['the whole address', `no such host: ${url}.`, 'no such host: [secret].'],
  ['its path', 'POST /services/T0001/B0001/abcdefghij?access_token=0123456789 failed', 'POST [secret] failed'],
  ['its path without the query', 'POST /services/T0001/B0001/abcdefghij failed', 'POST [secret] failed'],
  ['a token of its path', 'unknown token abcdefghij', 'unknown token [secret]'],
  ['a token of its query', 'unknown token 0123456789', 'unknown token [secret]'],
  ['its encoded form', `next=${encodeURIComponent(url)}`, 'next=[secret]'],
  ['a plain secret, more than once', 's3cret! is s3cret!', '[secret] is [secret]'],
  ['no word that happens to be in it', 'services of T0001', 'services of T0001'],
])('takes out %s', (_, text, shown) => {
  expect(scrub(text)).toBe(shown)
})
