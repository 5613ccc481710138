/** What the page's scripts make of an answer: the event of an opened error, alerts and silences that are told apart by their names. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeDocument, type FakeElement } from '../../support/fake-dom.ts'
import { settle } from '../stream/fakes.ts'

interface Events {
  eventSection(id: string, message: string, load: () => Promise<unknown>, signal: AbortSignal): FakeElement
}
interface Cards {
  card(alert: object, acts: object): FakeElement
}
interface Dom {
  el(tag: string, attributes: object, ...children: unknown[]): FakeElement
}

/** Plain JavaScript without declarations: the shapes above are what these tests rely on. */
const load = (name: string) => import(new URL(`../../../src/ui/${name}.js`, import.meta.url).href) as Promise<unknown>

beforeEach(() => void vi.stubGlobal('document', fakeDocument()))
afterEach(() => void vi.unstubAllGlobals())

describe('the event of an opened error', () => {
  const event = {
    time: '2026-03-01T12:00:17.000Z',
    message: 'could not load order 17',
    stack_trace: 'a.B: no\n\tat com.acme.Orders.load(Orders.java:41)\n\tat java.util.List.get(List.java:1)',
    own_lines: [1],
    context: { tenant: 'acme', '<b>': '<script>' },
    host: null,
    thread: 'main',
    logger: 'com.acme.Orders',
    service: 'orders',
    service_version: '1.4.2',
    environment: null,
    operator: 'Map',
    subtask: 3,
    tags: [],
    truncated: true,
  }
  const document = { id: 'd1', job: 'orders', minute: '2026-03-01T12:00:00.000Z', count: 4_211, hosts: ['a', 'b'], places: [], event }
  const never = new AbortController().signal
  let opened = 0
  const open = async (answer: () => Promise<unknown>, signal = never) => {
    const { eventSection } = (await load('event')) as Events
    const section = eventSection(`error ${++opened}`, 'what the counts say', answer, signal)
    return { section, again: (next: () => Promise<unknown>, at: AbortSignal) => eventSection(`error ${opened}`, 'message', next, at) }
  }

  it('is being loaded, and says so beside the message that is known', async () => {
    const { section } = await open(() => new Promise(() => {}))
    expect(section.textContent).toBe('what the counts sayLoading the newest event…')
  })

  it('is shown whole: message, trace with own code told apart, where it ran, context; all of it as text', async () => {
    const { section } = await open(async () => ({ documents: [{ ...document, event: null }, document] }))
    await settle()
    const text = section.textContent
    for (const words of [
      'One of 4,211',
      'It was cut',
      'could not load order 17',
      event.stack_trace,
      'one of a, b',
      'orders 1.4.2',
      'Map, subtask 3',
    ])
      expect(text).toContain(words)
    expect(text).toContain('tenantacme<b><script>')
    expect(section.all().some(({ tag }) => tag === 'script' || tag === 'b')).toBe(false)
    const own = section.all().filter(({ attributes }) => attributes.get('class') === 'own')
    expect(own.map(({ textContent }) => textContent)).toEqual(['\tat com.acme.Orders.load(Orders.java:41)\n'])
  })

  it('can be scrolled with the keyboard, and its parts have names', async () => {
    const { section } = await open(async () => ({ documents: [document] }))
    await settle()
    const boxes = section.all().filter(({ tag }) => tag === 'pre')
    expect(boxes.map(({ attributes }) => [attributes.get('aria-label'), attributes.get('tabindex'), attributes.get('role')])).toEqual([
      ['Message', '0', 'region'],
      ['Stack trace', '0', 'region'],
    ])
  })

  it('that cannot be had is said, and the message stays', async () => {
    const { section } = await open(() => Promise.reject(new Error('Elasticsearch does not answer')))
    await settle()
    expect(section.textContent).toMatch(/^what the counts sayThe event cannot be shown\. .*Elasticsearch does not answer/)
  })

  it('that is not kept any more is said, too', async () => {
    const { section } = await open(async () => ({ documents: [] }))
    await settle()
    expect(section.textContent).toMatch(/No whole event of it is kept from this range/)
  })

  it('stays the same element over refreshes, and changes when there is a newer one', async () => {
    const { section, again } = await open(async () => ({ documents: [document] }))
    await settle()
    const [heading] = section.all().filter(({ tag }) => tag === 'h3')
    expect(again(async () => ({ documents: [document] }), new AbortController().signal)).toBe(section)
    await settle()
    expect(section.all()).toContain(heading)
    again(async () => ({ documents: [{ ...document, id: 'd2', count: 1 }] }), new AbortController().signal)
    await settle()
    expect(section.textContent).toContain('The only one of its minute')
  })

  it('of a view that was left changes nothing', async () => {
    const left = new AbortController()
    const { section } = await open(async () => ({ documents: [document] }), left.signal)
    left.abort()
    await settle()
    expect(section.textContent).toContain('Loading')
  })
})

it('what can be done with an alert is named after the alert', async () => {
  const { card } = (await load('alert-cards')) as Cards
  const { el } = (await load('dom')) as Dom
  const alert = (what: string) => ({
    key: what,
    rule: { id: 'job-spike', title: 'Spike', level: 'basic' },
    severity: 'high',
    what,
    culprit: null,
    why: null,
    advice: null,
    acknowledged: null,
    hushed: null,
    is_new: false,
    count: null,
    counted: 'event',
    hosts: null,
    since: '2026-03-01T12:00:00Z',
    job: 'orders',
    environment: null,
    fingerprint: null,
    category: null,
    jobs: [],
    job_count: 1,
    links: [],
  })
  const page = el('main', {}, ...['disk full', 'no quorum'].map((what) => card(alert(what), { nowMs: 0 })))
  const names = page
    .all()
    .filter(({ tag }) => tag === 'button' || tag === 'summary')
    .map((element) => element.nameIn(page))
  expect(names).toEqual(['disk full', 'no quorum'].flatMap((what) => [`Acknowledge ${what}`, `Silence… ${what}`, `Silence ${what}`]))
})
