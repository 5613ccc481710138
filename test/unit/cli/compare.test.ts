import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { GroupComparison, type Comparison, type GroupOfEvent } from '../../../src/cli/compare-groups.ts'
import { runCli } from '../../../src/cli/program.ts'
import { capturedIo } from './captured-io.ts'

/** Each word is an event: its group before and after, a letter each. */
function compared(events: string): Comparison {
  const groups = new GroupComparison()
  events.split(' ').forEach((event, i) => groups.add(i + 1, group('old', event[0]!), group('new', event[1]!)))
  return groups.result()
}

function group(rules: string, key: string): GroupOfEvent {
  return { key, title: `${rules} ${key}`, culprit: null, why: 'because' }
}

describe('two groupings of the same events', () => {
  it.each([
    ['merge', 'ax bx ax', ['merged ab x']],
    ['split', 'ax ay ax', ['split a xy']],
    ['move', 'ax ax', ['moved a x']],
    ['mix', 'ax ay by', ['mixed ab yx']],
    ['stay', 'aa bb aa', []],
    ['merge into one that was there', 'aa ba', ['merged ab a']],
    ['do several things, most events first', 'ax bx cy dz dw dz cc', ['split d zw', 'merged ab x', 'split c yc']],
  ])('%s', (_, events, expected) => {
    const changes = compared(events).changes.map(
      ({ kind, before, after }) => `${kind} ${before.map(({ key }) => key).join('')} ${after.map(({ key }) => key).join('')}`,
    )
    expect(changes).toEqual(expected)
  })

  it('count events, groups and first lines', () => {
    expect(compared('aa bx cx bx')).toMatchObject({
      events: 4,
      groupsBefore: 3,
      groupsAfter: 2,
      unchanged: 1,
      changes: [
        {
          events: 3,
          before: [
            { key: 'b', title: 'old b', events: 2, line: 2 },
            { key: 'c', events: 1, line: 3 },
          ],
          after: [{ key: 'x', title: 'new x', events: 3, line: 2 }],
        },
      ],
    })
  })
})

const event = (method: string) =>
  JSON.stringify({
    '@timestamp': '2026-03-10T12:00:00.000Z',
    'log.level': 'ERROR',
    message: 'm',
    'ecs.version': '1.2.0',
    'log.logger': 'a.B',
    'error.type': 'com.acme.OutageException',
    'error.message': 'away',
    'error.stack_trace': `com.acme.OutageException: away\n\tat com.acme.Dao.${method}(Dao.java:4)\n`,
  })
const SAMPLE = [event('load'), event('save'), '{', event('load')].map((line) => `${line}\n`).join('')

describe('tracefold fingerprint --compare', () => {
  let folder = ''
  const file = (name: string) => join(folder, name)
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tracefold-compare-'))
    writeFileSync(file('old.yaml'), '')
    writeFileSync(file('new.yaml'), 'rules: [{ id: outage, type: OutageException, as: by_type }]')
    writeFileSync(file('bad.yaml'), 'rules: [{ id: outage, type: OutageException, as: nothing }]')
    writeFileSync(file('sample.ndjson'), SAMPLE)
  })
  const run = async (words: readonly string[], stdin: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    const io = capturedIo({ stdin, env })
    return { code: await runCli(['fingerprint', ...words], io), out: io.out(), err: io.err() }
  }

  it('prints what would merge, with counts, titles and lines', async () => {
    const { code, out } = await run(['--compare', file('old.yaml'), file('new.yaml'), file('sample.ndjson')])
    expect(code).toBe(0)
    expect(out.replace(/v1:\w{16}/g, 'KEY')).toBe(
      [
        '3 events in 2 groups by the old rules, 1 by the new ones; unchanged: 0; not decoded: 1',
        '',
        'MERGE 2 -> 1, 3 events',
        '- KEY       2 x  line 1  OutageException: away  at Dao.load:4',
        '- KEY       1 x  line 2  OutageException: away  at Dao.save:4',
        '+ KEY       3 x  line 1  OutageException: away  at Dao.load:4',
        'why: root cause com.acme.OutageException; no site: trouble of the surroundings; masked message; rule outage',
        '',
      ].join('\n'),
    )
  })

  it('prints the same as JSON, and reads standard input', async () => {
    const { code, out } = await run(['--compare', file('old.yaml'), file('new.yaml'), '--json'], [SAMPLE])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ events: 3, dead: 1, changes: [{ kind: 'merged', events: 3 }] })
  })

  it('shows the keys that an upgrade links, once the settings name both files', async () => {
    const env = { TRACEFOLD_FINGERPRINT_RULES_FILE: file('new.yaml'), TRACEFOLD_FINGERPRINT_PREVIOUS_RULES_FILE: file('old.yaml') }
    const first = (out: string): Record<string, unknown> => JSON.parse(out.split('\n')[0]!)
    const [upgraded, old] = [first((await run([], [SAMPLE], env)).out), first((await run([], [SAMPLE])).out)]
    expect(upgraded).toMatchObject({ previous_fingerprint: old['fingerprint'], why: expect.stringMatching(/; rule outage$/) })
    expect(upgraded['fingerprint']).not.toBe(old['fingerprint'])
    expect(old).not.toHaveProperty('previous_fingerprint')
  })

  it('names new rules that nothing met, since a name that is written wrong matches nothing', async () => {
    writeFileSync(
      file('typo.yaml'),
      'rules: [{ id: outage, type: OutageException, as: by_type }, { id: typo, type: OutrageException, as: by_type }]',
    )
    expect((await run(['--compare', file('old.yaml'), file('typo.yaml'), file('sample.ndjson')])).out).toMatch(
      /\nnew rules that nothing in the sample met: typo\n$/,
    )
  })

  it('finds no change between a file and itself', async () => {
    expect((await run(['--compare', file('new.yaml'), file('new.yaml'), file('sample.ndjson')])).out).toContain('unchanged: 1')
  })

  it('refuses rules that cannot be used, with the fault', async () => {
    const { code, err } = await run(['--compare', file('old.yaml'), file('bad.yaml')], [SAMPLE])
    expect(code).toBe(78)
    expect(err).toContain('bad.yaml:1: rules.0.as')
  })

  it('asks for the second file', async () => {
    expect(await run(['--compare', file('old.yaml')])).toMatchObject({ code: 64, err: expect.stringContaining('two files of rules') })
  })
})
