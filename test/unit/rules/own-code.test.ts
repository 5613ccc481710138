import { expect, test } from 'vitest'
import { loadSettings } from '../../../src/config/load.ts'
import { createRules } from '../../../src/rules/rules.ts'

test("a class is the jobs' own by the list of libraries, unless the operator says that he wrote it", () => {
  const isOwn = (ownPackages: string[]) => {
    const rules = createRules(loadSettings({ file: null, env: {}, overrides: { fingerprint: { ownPackages } } }))
    return ['com.acme.Orders', 'org.apache.flink.Task', 'java.util.Objects'].map((name) => rules.isOwn(name))
  }
  expect(isOwn([])).toEqual([true, false, false])
  expect(isOwn(['org.apache.flink'])).toEqual([true, true, false])
})
