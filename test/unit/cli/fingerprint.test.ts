import { PassThrough, Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../../src/cli/program.ts'
import { capturedIo } from './captured-io.ts'

const EVENT = {
  '@timestamp': '2026-03-10T12:00:00.000Z',
  'log.level': 'ERROR',
  message: 'Cannot load order 4711',
  'ecs.version': '1.2.0',
  'service.name': 'orders',
  'process.thread.name': 'main',
  'log.logger': 'com.acme.Orders',
  'error.type': 'java.lang.IllegalStateException',
  'error.message': 'no connection',
  'error.stack_trace':
    'java.lang.IllegalStateException: no connection\n\tat com.acme.Orders.load(Orders.java:41)\n\tat com.acme.Main.main(Main.java:7)\n',
}
const LINE = JSON.stringify(EVENT)

async function explained(lines: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Record<string, unknown>[]> {
  const io = capturedIo({ stdin: [lines.map((line) => `${line}\n`).join('')], env })
  const code = await runCli(['fingerprint'], io)
  if (code !== 0) throw new Error(io.err())
  return io
    .out()
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
}

describe('tracefold fingerprint', () => {
  it('says how a line is grouped, and why', async () => {
    const [found] = await explained([LINE])
    expect(found).toEqual({
      line: 1,
      layout: 'log4j2-ecs',
      envelopes: [],
      job: 'orders',
      environment: null,
      host: null,
      operator: null,
      subtask: null,
      fingerprint: expect.stringMatching(/^v\d+:[0-9a-f]{16}$/),
      fp_site: expect.any(String),
      fp_stack: expect.any(String),
      title: expect.stringContaining('IllegalStateException'),
      culprit: expect.stringContaining('Orders.load'),
      category: null,
      severity: null,
      advice: null,
      link: null,
      why: expect.any(String),
      dropped_by: null,
    })
  })

  it('says whose a line is, and what to do about it', async () => {
    const line = JSON.stringify({
      ...EVENT,
      env: 'prod',
      'host.name': 'tm-3',
      'process.thread.name': 'Source: Kafka -> Map (3/16)#0',
      message: 'x',
      'error.type': 'java.lang.OutOfMemoryError',
      'error.stack_trace': 'java.lang.OutOfMemoryError: Java heap space\n\tat com.acme.Orders.load(Orders.java:1)',
    })
    expect(await explained([line])).toMatchObject([
      {
        environment: 'prod',
        host: 'tm-3',
        operator: 'Source: Kafka -> Map',
        subtask: 3,
        category: expect.any(String),
        severity: 'critical',
        advice: expect.any(String),
        link: expect.stringContaining('#'),
      },
    ])
  })

  it('says what the filter would drop', async () => {
    const [byLevel] = await explained([JSON.stringify({ ...EVENT, 'log.level': 'INFO' })], {
      TRACEFOLD_FILTER_MIN_LEVEL_WITH_THROWABLE: 'WARN',
    })
    expect(byLevel).toMatchObject({ dropped_by: 'level', fingerprint: expect.any(String) })
  })

  it('reads a printed trace as one event with the line before it', async () => {
    const found = await explained(['2026-03-01 12:00:00,000 ERROR [main] a.B - boom', 'a.E: x', '\tat a.B.c(B.java:1)', LINE])
    expect(found).toMatchObject([
      { line: 1, layout: 'plain-text', title: expect.stringContaining('E: x') },
      { line: 4, layout: 'log4j2-ecs' },
    ])
  })

  it('answers every record in order, and one that cannot be decoded with the reason', async () => {
    const found = await explained([LINE, '{"a":', '', 'nothing', LINE.replace('4711', '4712')])
    expect(found.map(({ line }) => line)).toEqual([1, 2, 4, 5]) // a blank line is no record
    expect(found.map(({ reason }) => reason)).toEqual([undefined, expect.any(String), 'not_json', undefined])
    expect(found[3]?.['fingerprint']).toBe(found[0]?.['fingerprint'])
  })

  it('answers a line with several events once for each, with an index', async () => {
    const found = await explained([`[${LINE},${LINE}]`, LINE])
    expect(found.map(({ line, index }) => [line, index])).toEqual([
      [1, 0],
      [1, 1],
      [2, undefined],
    ])
  })

  it('answers a line over the limit with the reason, and goes on', async () => {
    const found = await explained(['x'.repeat(5_000), LINE], { TRACEFOLD_LIMITS_MAX_RECORD_BYTES: '2000' })
    expect(found.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'too_large'],
      [2, undefined],
    ])
  })

  it.each([
    [
      'an event',
      JSON.stringify({
        ...EVENT,
        'error.message': 'mail to jane@example.org failed',
        'error.stack_trace': undefined,
        message: 'mail to jane@example.org failed',
      }),
    ],
    ['a line that cannot be decoded', 'mail to jane@example.org failed'],
  ])('prints no private data of %s', async (_, line) => {
    const found = await explained([line])
    expect(JSON.stringify(found)).toContain('mail to')
    expect(JSON.stringify(found)).not.toContain('jane')
  })

  it('reads no further than its reader follows', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read++
        yield Buffer.from(`${LINE}\n`)
      }
    }
    // A pipe that holds a few kilobytes; nobody reads from it.
    const stdout = new PassThrough({ highWaterMark: 4_096 })
    const stdin = Readable.from(endless(), { objectMode: false, highWaterMark: 4_096 })
    const running = runCli(['fingerprint'], { ...capturedIo(), stdin, stdout })
    await untilStill(() => read)
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(200)
    stdout.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' }))
    expect(await running).toBe(0)
  })

  it('ends in peace when its reader has seen enough', async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('closed'), { code: 'EPIPE' })) })
    stdout.on('error', () => {}) // as cli.ts has it
    expect(await runCli(['fingerprint'], { ...capturedIo({ stdin: [`${LINE}\n`] }), stdout })).toBe(0)
  })

  it('fails when its output fails otherwise', async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('disk full'), { code: 'ENOSPC' })) })
    stdout.on('error', () => {})
    expect(await runCli(['fingerprint'], { ...capturedIo({ stdin: [`${LINE}\n`] }), stdout })).toBe(1)
  })
})

/** Rounds of the event loop until the number no longer moves: no clock decides. */
async function untilStill(number: () => number): Promise<void> {
  for (let before = -1; before !== number() || before === 0;) {
    before = number()
    for (let i = 0; i < 200; i++) await new Promise(setImmediate)
  }
}
