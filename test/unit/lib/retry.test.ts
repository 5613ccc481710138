/** Retrying for ever, with a wait that an abort ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isTracefoldError, TracefoldError } from '../../../src/errors.ts'
import { backoffMs, FIRST_CEILING_MS, LAST_CEILING_MS, retry } from '../../../src/lib/retry.ts'
import { withReleasers } from '../../../src/lib/releasers.ts'

const away = (): TracefoldError => new TracefoldError('neighbour_away', 'it is away')
const isRetriable = (error: unknown): boolean => isTracefoldError(error, 'neighbour_away')

describe('the wait before a try', () => {
  test('has a ceiling that doubles up to a bound', () => {
    const most = (attempt: number): number => backoffMs(attempt, () => 1)
    expect([0, 1, 2, 6, 7, 50, 5_000].map(most)).toEqual([
      FIRST_CEILING_MS,
      200,
      400,
      6_400,
      LAST_CEILING_MS,
      LAST_CEILING_MS,
      LAST_CEILING_MS,
    ])
  })

  test('is drawn from all below the ceiling', () => {
    expect([0, 0.25, 0.5].map((draw) => backoffMs(2, () => draw))).toEqual([0, 100, 200])
  })
})

describe('retrying', () => {
  beforeEach(() => vi.spyOn(Math, 'random').mockReturnValue(0))
  afterEach(() => vi.restoreAllMocks())

  test('goes on until the work resolves, and says so before each wait', async () => {
    let tries = 0
    const seen: number[] = []
    const work = async (): Promise<number> => {
      if (++tries < 4) throw away()
      return tries
    }
    const signal = new AbortController().signal
    expect(await retry(work, { signal, isRetriable, onRetry: (_, attempt) => seen.push(attempt) })).toBe(4)
    expect(seen).toEqual([0, 1, 2])
  })

  test('throws on what another try cannot help', async () => {
    const error = new Error('a fault of the program')
    await expect(retry(() => Promise.reject(error), { signal: new AbortController().signal, isRetriable })).rejects.toBe(error)
  })

  test('does not begin once aborted', async () => {
    const work = vi.fn<() => Promise<number>>(async () => 1)
    await expect(retry(work, { signal: AbortSignal.abort(), isRetriable })).rejects.toMatchObject({ code: 'aborted' })
    expect(work).not.toHaveBeenCalled()
  })

  test('an abort ends the wait at once', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const abort = new AbortController()
    const ended = retry(() => Promise.reject(away()), {
      signal: abort.signal,
      isRetriable,
      onRetry: () => queueMicrotask(() => abort.abort()),
    })
    await expect(ended).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('releasing', () => {
  test('runs in reverse order of opening, and once', async () => {
    const released: string[] = []
    const stop = await withReleasers(async (onRelease) => {
      for (const name of ['a', 'b', 'c']) onRelease(async () => void released.push(name))
      return (release) => release
    })
    await Promise.all([stop(), stop()])
    expect(released).toEqual(['c', 'b', 'a'])
  })

  test('goes on past errors, and reports them all', async () => {
    const released: string[] = []
    const stop = await withReleasers(async (onRelease) => {
      onRelease(async () => void released.push('a'))
      onRelease(() => Promise.reject(new Error('b broke')))
      onRelease(() => Promise.reject(new Error('c broke')))
      return (release) => release
    })
    await expect(stop()).rejects.toThrow(/2 of 3.*c broke.*b broke/)
    expect(released).toEqual(['a'])
  })

  test('what was opened is released where opening fails half way, and the first error is the one thrown', async () => {
    const released: string[] = []
    const opened = withReleasers(async (onRelease) => {
      onRelease(async () => void released.push('a'))
      onRelease(() => Promise.reject(new Error('and the release fails, too')))
      throw new Error('the port is taken')
    })
    await expect(opened).rejects.toThrow('the port is taken')
    expect(released).toEqual(['a'])
  })
})
