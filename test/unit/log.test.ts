import { describe, expect, it } from 'vitest'
import { TracefoldError } from '../../src/errors.ts'
import { Secret } from '../../src/lib/secret.ts'
import { createLogger, withoutInfo } from '../../src/log.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void, level = 'info'): Record<string, unknown>[] {
  const lines: string[] = []
  write(createLogger({ level, destination: { write: (line) => void lines.push(line) } }))
  return lines.map((line): Record<string, unknown> => JSON.parse(line))
}

describe('the log', () => {
  it('has ISO time, level in words, message and fields, and nothing else', () => {
    const [line] = logged((log) => log.info({ partition: 3 }, 'assigned'))
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      partition: 3,
      msg: 'assigned',
    })
  })

  it('leaves out what is below its level, which can change while it runs', () => {
    const lines = logged((log) => {
      log.debug('one')
      log.level = 'debug'
      log.debug('two')
    })
    expect(lines.map(({ msg }) => msg)).toEqual(['two'])
  })

  it.each([
    ['info', ['warning']],
    ['debug', ['news', 'warning']],
    ['error', []],
  ])('of a part without news, at %s, tells %j', (level, told) => {
    const lines = logged((log) => {
      withoutInfo(log).info('news')
      withoutInfo(log).warn('warning')
    }, level)
    expect(lines.map(({ msg }) => msg)).toEqual(told)
  })

  it('shows an error with its code and causes, and not what a client hangs on it', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', meta: { headers: { authorization: 'hunter2' } } })
    const lines = logged((log) => log.error({ err: new TracefoldError('neighbour_away', 'Kafka is away', { cause }) }, 'failed'))
    expect(lines[0]).toMatchObject({
      err: {
        type: 'TracefoldError',
        code: 'neighbour_away',
        message: 'Kafka is away',
        cause: { code: 'ECONNREFUSED', message: 'refused' },
      },
    })
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })

  it('ends at a cause that is its own', () => {
    const error = new Error('round')
    error.cause = error
    expect(logged((log) => log.error({ err: error }, 'failed'))).toHaveLength(1)
  })

  it('shows a secret as [secret]', () => {
    const [line] = logged((log) => log.info({ settings: { password: new Secret('hunter2') } }, 'start'))
    expect(line).toMatchObject({ settings: { password: '[secret]' } })
  })
})
