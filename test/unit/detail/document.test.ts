/** A document's identity, and the sets it keeps. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { documentId, SmallestByHash } from '../../../src/detail/document.ts'
import { hashed } from '../../support/builders.ts'
import { aGrouped } from '../stream/items.ts'

test('an id is 32 hex digits of the hash of job, fingerprint and window', () => {
  const { key } = aGrouped()
  expect(documentId(key)).toBe(createHash('sha256').update(`orders\0v1:a\0${aGrouped().window}`).digest('hex').slice(0, 32))
})

test('two keys that read alike when joined are two documents', () => {
  expect(documentId(['a', 'bc', '1'].join('\0'))).not.toBe(documentId(['ab', 'c', '1'].join('\0')))
})

test('a set keeps the members with the smallest hashes, in whatever order they come', () => {
  const all = hashed(...Array.from({ length: 50 }, (_, i) => `member-${i}`))
  const smallest = all.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, 5)
  for (const order of [all, all.toReversed(), [...all.slice(20), ...all, ...all.slice(0, 3)]]) {
    const set = new SmallestByHash(5)
    for (const { value } of order) set.add(value)
    expect(set.list().toSorted((a, b) => (a.hash < b.hash ? -1 : 1))).toEqual(smallest)
  }
})
