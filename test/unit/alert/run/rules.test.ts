/** Which rules are in force while their files are changed, well or badly, and what is shown of that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ApiRule } from '../../../../src/alert/run/decisions.ts'
import { AlertRules } from '../../../../src/alert/run/rules.ts'
import { waitUntil } from '../../../support/wait.ts'

let folder: string
let rules: AlertRules
let api: Map<string, ApiRule>
let changes: number
let errors: string[]

const ruleText = (id: string, severity: string): string =>
  `{title: A, id: ${id}, level: custom, severity: ${severity}, per: job, condition: {count: {over: 5m, atLeast: 1}}}`
const write = (id: string, text: string): void => writeFileSync(join(folder, `${id}.yml`), text)
const ofApi = (text: string): ApiRule => ({ text, who: 'ada', atMs: 0, comment: null })

const shown = () =>
  rules
    .shown()
    .filter(({ source }) => source !== 'built-in')
    .map(({ id, source, rule, inForce, written, faults }) => [
      id,
      source,
      rule?.severity ?? null,
      inForce,
      written,
      faults.map(({ field }) => field).join(),
    ])
const inForce = () => rules.now.rules.flatMap(({ id, level, severity }) => (level === 'custom' ? [`${id} ${severity}`] : []))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tracefold-rules-'))
  api = new Map()
  changes = 0
  errors = []
  write('bills', ruleText('bills', 'high'))
  write('orders', ruleText('orders', 'high'))
  rules = new AlertRules({
    folders: [folder],
    receivers: [],
    onUnknownReceivers: () => {},
    api: () => api,
    onChange: () => void changes++,
    onError: ({ message }) => void errors.push(message),
    onEnd: (error) => expect.unreachable(String(error)),
  })
})
afterEach(async () => {
  await rules.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('while a file has faults, what is shown as in force is what is evaluated, with what the files say beside it', async () => {
  const [wrong, changed, added] = [ruleText('bills', 'crit'), ruleText('orders', 'low'), ruleText('returns', 'low')]
  write('bills', wrong)
  write('orders', changed)
  write('returns', added)
  await waitUntil('the fault', () => errors.length === 1)
  expect(inForce()).toEqual(['bills high', 'orders high'])
  expect(shown()).toEqual([
    ['bills', 'file', 'high', true, wrong, 'severity'],
    ['orders', 'file', 'high', true, changed, ''],
    ['returns', 'file', 'low', false, null, ''],
  ])
  write('bills', ruleText('bills', 'critical'))
  await waitUntil('the files to be good', () => changes === 1)
  expect(inForce()).toEqual(['bills critical', 'orders low', 'returns low'])
  expect(shown()).toEqual([
    ['bills', 'file', 'critical', true, null, ''],
    ['orders', 'file', 'low', true, null, ''],
    ['returns', 'file', 'low', true, null, ''],
  ])
})

test('a rule of the API is in force instead of the file of its id, unless it cannot be read', () => {
  api.set('orders', ofApi(ruleText('orders', 'low')))
  api.set('bills', ofApi('a newer Tracefold understands this'))
  expect(inForce()).toEqual(['bills high', 'orders low'])
  expect(shown()).toEqual([
    ['bills', 'file', 'high', true, null, ''],
    ['bills', 'api', null, false, null, expect.stringMatching(/./)],
    ['orders', 'file', 'high', false, null, ''],
    ['orders', 'api', 'low', true, null, ''],
  ])
})

test('a rule that is switched off is not in force, nor is the one that it switches off', () => {
  api.set('orders', ofApi('{id: orders, enabled: false}'))
  expect(inForce()).toEqual(['bills high'])
  expect(shown().filter(([id]) => id === 'orders')).toEqual([
    ['orders', 'file', 'high', false, null, ''],
    ['orders', 'api', null, false, null, ''],
  ])
})
