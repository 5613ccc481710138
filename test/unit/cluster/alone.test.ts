import { describe, expect, test } from 'vitest'
import { ClusterIds, eachAlone } from '../../../src/cluster/alone.ts'
import { TracefoldError, type ErrorCode } from '../../../src/errors.ts'

/** Clusters whose work ends when the test says so. */
function bed(names: readonly string[]) {
  const ends = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>()
  const told: string[] = []
  const done = eachAlone(
    names,
    (name) => new Promise<void>((resolve, reject) => void ends.set(name, { resolve, reject })),
    async (name, { code }) => void told.push(`${name} ${code}`),
  )
  let state = 'open'
  done.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = String(error)),
  )
  const settled = async (): Promise<string> => {
    await new Promise((resolve) => setImmediate(resolve))
    return state
  }
  return {
    end: (name: string) => ends.get(name)?.resolve(),
    fail: (name: string, error: unknown) => ends.get(name)?.reject(error),
    told,
    settled,
  }
}

const refusal = (code: ErrorCode): TracefoldError => new TracefoldError(code, `it is ${code}`)

describe('eachAlone', () => {
  test('resolves when all clusters have ended', async () => {
    const { end, settled } = bed(['first', 'eu'])
    end('eu')
    expect(await settled()).toBe('open')
    end('first')
    expect(await settled()).toBe('resolved')
  })

  test.each<ErrorCode>(['position_lost', 'config_invalid'])(
    'lets the others go on where one is %s, and rejects with that once they have ended',
    async (code) => {
      const { end, fail, told, settled } = bed(['first', 'eu'])
      fail('eu', refusal(code))
      expect([await settled(), told]).toEqual(['open', [`eu ${code}`]])
      end('first')
      expect(await settled()).toContain(`it is ${code}`)
    },
  )

  test('ends all where a consumer has stalled for good, which a new process must better', async () => {
    const { fail, told, settled } = bed(['first', 'eu'])
    fail('eu', refusal('stalled'))
    expect([await settled(), told]).toEqual(['TracefoldError: it is stalled', []])
  })

  test('ends all where two clusters are the same', async () => {
    const ids = new ClusterIds()
    const done = eachAlone(
      ['first', 'eu'],
      async (name) => ids.add('abc', name),
      async () => {},
    )
    await expect(done).rejects.toMatchObject({ code: 'config_invalid' })
  })

  test('ends all at a fault of the program', async () => {
    const { fail, settled } = bed(['first', 'eu'])
    fail('first', new TypeError('x is not a function'))
    expect(await settled()).toContain('x is not a function')
  })

  test('fails with the one cluster that there is', async () => {
    const { fail, told, settled } = bed(['first'])
    fail('first', refusal('position_lost'))
    expect([await settled(), told]).toEqual(['TracefoldError: it is position_lost', []])
  })
})

test('two clusters that are the same Kafka are told, one that comes up again is not', () => {
  const ids = new ClusterIds()
  ids.add('abc', 'first')
  ids.add('abc', 'first')
  ids.add('def', 'eu')
  expect(() => ids.add('abc', 'us')).toThrow('got the same one (abc) as first and as us')
})
