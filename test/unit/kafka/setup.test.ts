import type { Admin } from 'kafkajs'
import { expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { namesOf } from '../../../src/config/names.ts'
import { setUpTopics } from '../../../src/kafka/setup.ts'

/** An admin client whose first so many tries to create topics fail. */
function failing(times: number): { admin: Admin; tries: () => number } {
  let tries = 0
  const admin = {
    listTopics: async () => [],
    createTopics: async () => {
      if (++tries <= times) throw new Error('This server does not host this topic-partition')
      return true
    },
  }
  return { admin: admin as unknown as Admin, tries: () => tries } // the two calls that are used
}

const settings = schema.parse({ mode: 'cluster' })
const names = namesOf(settings.name)

test('topics that a broker does not know yet are asked for again', async () => {
  const { admin, tries } = failing(1)
  expect((await setUpTopics(admin, names, settings)).length).toBeGreaterThan(0)
  expect(tries()).toBe(2)
})

test('what cannot be created is said', async () => {
  await expect(setUpTopics(failing(Infinity).admin, names, settings)).rejects.toThrow(
    'creating topics: This server does not host this topic-partition',
  )
})
