/** Where the cache lies. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheRoot, ownFile } from '../../../../tools/services/paths.ts'

test.each([
  ['TRACEFOLD_CACHE beats all', { TRACEFOLD_CACHE: '/a/b', XDG_CACHE_HOME: '/x' }, '/a/b'],
  ['XDG_CACHE_HOME is next', { XDG_CACHE_HOME: '/x' }, '/x/tracefold'],
  ['an empty variable does not count', { TRACEFOLD_CACHE: '', XDG_CACHE_HOME: '' }, join(homedir(), '.cache', 'tracefold')],
  ['else it is in the home folder', {}, join(homedir(), '.cache', 'tracefold')],
])('the cache: %s', (_, env, expected) => {
  expect(cacheRoot(env)).toBe(expected)
})

test.each(['kafka.pom.xml', 'elasticsearch.pom.xml', 'druid.pom.xml', 'reaper.sh', 'launcher/DruidDev.java', 'launcher/DruidRole.java'])(
  '%s is found',
  (name) => {
    expect(existsSync(ownFile(name))).toBe(true)
  },
)
