/** The page's pure parts: what the URL says, numbers for people, and the line of a sparkline. */
import { afterEach, describe, expect, it, vi } from 'vitest'

interface View {
  range: { name: string }
  job: string | null
  key: string | null
}
interface Modules {
  state: { viewOf(search: string, nowMs: number): View; searchOf(view: View): string; namesWith(typed: string, names: string[]): string[] }
  format: {
    whole(n: number): string
    percent(share: number): string
    change(ratio: number | null): string
    direction(ratio: number | null): string
    ago(iso: string, nowMs: number): string
    duration(seconds: number): string
    known(n: number): string
  }
  event: { traceParts(trace: string, ownLines: number[]): { kind: string; text: string }[] }
  who: { knownName(): string; rememberName(input: object): void }
  chart: { sparkPoints(counts: number[]): string }
  'group-actions': { actionsIn(state: string): { change: { action: string } }[] }
  'alert-cards': {
    scopesOf(alert: { key: string; job: string | null; rule: { id: string } }): { label: string; match: Record<string, string> }[]
  }
}

/** Plain JavaScript without declarations: the shapes above are what these tests rely on. */
async function load<Name extends keyof Modules>(name: Name): Promise<Modules[Name]> {
  return (await import(new URL(`../../../src/ui/${name}.js`, import.meta.url).href)) as Modules[Name]
}

describe('the URL', () => {
  it.each([
    ['', '1h', null, null],
    ['?range=7d&job=orders%2Fv2+x&key=v1%3A00', '7d', 'orders/v2 x', 'v1:00'],
    ['?job=%E6%97%A5%E5%BF%97%26%3D', '1h', '日志&=', null],
  ])('%s is a view, and the view is that URL', async (search, range, job, key) => {
    const { viewOf, searchOf } = await load('state')
    const view = viewOf(search, 0)
    expect([view.range.name, view.job, view.key]).toEqual([range, job, key])
    expect(searchOf(view)).toBe(search)
  })

  it.each(['?range=13y', '?range=', '?range=constructor'])('%s falls back to the default range', async (search) => {
    expect((await load('state')).viewOf(search, 0).range.name).toBe('1h')
  })
})

describe('the link of an alert', () => {
  const since = Date.parse('2026-11-20T03:00:00Z')
  const minute = 60_000

  it.each([
    [5, '1h'],
    [45, '1h'],
    [50, '6h'],
    [7 * 60, '24h'],
    [30 * 60, '7d'],
    [30 * 24 * 60, '7d'],
    [-5, '1h'],
  ])('opens %i minutes later with the range that holds its beginning: %s', async (minutes, range) => {
    const { viewOf } = await load('state')
    expect(viewOf('?job=orders&since=2026-11-20T03%3A00%3A00.000Z', since + minutes * minute).range.name).toBe(range)
  })

  it('yields to a range that somebody chose, and to no time at all', async () => {
    const { viewOf } = await load('state')
    expect(viewOf('?range=15m&since=2026-11-20T03:00:00Z', since + 600 * minute).range.name).toBe('15m')
    expect(viewOf('?since=yesterday', since).range.name).toBe('1h')
  })
})

describe('numbers', () => {
  it.each([
    [null, 'new', 'new'],
    [0, '±0%', 'flat'],
    [0.5, '+50%', 'up'],
    [-0.3, '−30%', 'down'],
    [-1, '−100%', 'down'],
    [8.99, '+899%', 'up'],
    [11, '×12', 'up'],
    [1_999, '×2,000', 'up'],
  ])('a change of %s reads %s', async (ratio, text, direction) => {
    const format = await load('format')
    expect([format.change(ratio), format.direction(ratio)]).toEqual([text, direction])
  })

  it('a share that is small but there is not zero', async () => {
    const { percent } = await load('format')
    expect([percent(0), percent(0.0004), percent(0.25), percent(1)]).toEqual(['0.0%', '<0.1%', '25.0%', '100.0%'])
  })

  it.each([
    [5, '5 s ago'],
    [-5, '0 s ago'],
    [90, '1 min ago'],
    [7_300, '2 h ago'],
    [200_000, '2 d ago'],
  ])('%i seconds ago reads %s', async (seconds, text) => {
    const now = Date.parse('2026-03-01T12:00:00Z')
    expect((await load('format')).ago(new Date(now - seconds * 1_000).toISOString(), now)).toBe(text)
  })

  it('an interval reads in the largest unit that fits', async () => {
    const { duration } = await load('format')
    expect([60, 900, 3_600, 7_200].map(duration)).toEqual(['minute', '15 minutes', 'hour', '2 hours'])
  })
})

it('of hosts that nobody names there are not none', async () => {
  const { known } = await load('format')
  expect([known(0), known(3)]).toEqual(['–', '3'])
})

it('what was typed of a name leads to the names that hold it', async () => {
  const { namesWith } = await load('state')
  const names = ['rt-price-index-agg', 'RT-Price', 'orders', 'rt-price']
  expect(namesWith('rt-price', names)).toEqual(['rt-price-index-agg', 'RT-Price'])
  expect(namesWith('.*', names)).toEqual([])
})

describe('a stack trace', () => {
  it('is cut where own code, the exceptions of the chain and the rest meet; together the parts are the trace', async () => {
    const { traceParts } = await load('event')
    const lines = [
      'a.B: no',
      '\tat lib.C.d(C.java:1)',
      '\tat own.E.f(E.java:2)',
      '\tat own.E.g(E.java:3)',
      'Caused by: a.H',
      '\t... 3 more',
    ]
    const parts = traceParts(lines.join('\n'), [2, 3])
    expect(parts.map(({ kind, text }) => [kind, text.trim().split('\n').length])).toEqual([
      ['cause', 1],
      ['other', 1],
      ['own', 2],
      ['cause', 1],
      ['other', 1],
    ])
    expect(parts.map(({ text }) => text).join('')).toBe(lines.join('\n'))
  })
})

describe('the name of who decides', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('is asked for anew where the browser keeps nothing for us', async () => {
    const { knownName, rememberName } = await load('who')
    vi.stubGlobal('localStorage', {
      getItem: () => {
        throw new Error('denied')
      },
    })
    expect(knownName()).toBe('')
    const input = { value: 'x', addEventListener: () => {} }
    rememberName(input)
    expect(input.value).toBe('')
  })
})

describe('a sparkline', () => {
  it('begins at the left, ends at the right, and touches top and bottom', async () => {
    const { sparkPoints } = await load('chart')
    expect(sparkPoints([0, 10, 5])).toBe('2,20 48,2 94,11')
  })

  it('of nothing lies flat', async () => {
    const { sparkPoints } = await load('chart')
    expect(sparkPoints([0, 0])).toBe('2,20 94,20')
    expect(sparkPoints([7])).toBe('2,2')
  })
})

describe('a silence', () => {
  it('may be for one alert, for all of its job where it has one, or for all of its rule', async () => {
    const { scopesOf } = await load('alert-cards')
    const rule = { id: 'job-spike' }
    expect(scopesOf({ key: 'k', job: 'orders', rule }).map(({ match }) => match)).toEqual([
      { alert: 'k' },
      { job: 'orders' },
      { rule: 'job-spike' },
    ])
    expect(scopesOf({ key: 'k', job: null, rule }).map(({ match }) => match)).toEqual([{ alert: 'k' }, { rule: 'job-spike' }])
  })
})

describe('an error of a job', () => {
  it.each([
    ['new', ['resolve', 'mute', 'mute']],
    ['ongoing', ['resolve', 'mute', 'mute']],
    ['regressed', ['resolve', 'mute', 'mute']],
    ['resolved', ['reopen']],
    ['muted', ['unmute']],
  ])('that is %s can be changed by what goes', async (state, actions) => {
    const { actionsIn } = await load('group-actions')
    expect(actionsIn(state).map(({ change }) => change.action)).toEqual(actions)
  })
})
