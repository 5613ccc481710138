/** The bulk loop, with a sender that answers as told: what is done, what comes again, what is refused, and in which requests. */
import { expect, test } from 'vitest'
import {
  bulkAll,
  type BulkHooks,
  type BulkItem,
  type BulkLimits,
  type ItemAnswer,
  type SendBulk,
} from '../../../../src/store/elasticsearch/bulk.ts'

const never = new AbortController().signal
const LIMITS: BulkLimits = { maxBytes: 1e6, maxItems: 1_000, concurrency: 1 }
const OK: ItemAnswer = { status: 200, result: 'updated' }

const items = (count: number, body = '{}', index = 'day'): BulkItem[] =>
  Array.from({ length: count }, (_, i) => ({ id: String(i), index, body }))
const refusedAs = (status: number, type: string, reason = 'because'): ItemAnswer => ({ status, error: { type, reason } })
const failure = (statusCode: number | null, message: string, type?: string): Error =>
  Object.assign(new Error(message), statusCode === null ? {} : { statusCode }, type === undefined ? {} : { body: { error: { type } } })

interface Seen {
  readonly requests: string[][]
  readonly busy: { why: string; count: number }[]
  readonly settled: string[]
  readonly made: string[]
}

/** `answer` says what becomes of an item at its n-th time, or throws for the whole request. */
async function run(
  list: readonly BulkItem[],
  answer: (item: BulkItem, time: number) => ItemAnswer | undefined,
  more: {
    limits?: Partial<BulkLimits>
    place?: BulkHooks['onMissingIndex']
    whole?: (chunk: readonly BulkItem[], request: number) => void
    signal?: AbortSignal
  } = {},
) {
  const seen: Seen = { requests: [], busy: [], settled: [], made: [] }
  const times = new Map<string, number>()
  const send: SendBulk = async (chunk) => {
    seen.requests.push(chunk.map(({ id }) => id))
    more.whole?.(chunk, seen.requests.length)
    return chunk.flatMap((item) => {
      const time = (times.get(item.id) ?? 0) + 1
      times.set(item.id, time)
      return answer(item, time) ?? []
    })
  }
  const hooks: BulkHooks = {
    onBusy: (why, count) => void seen.busy.push({ why, count }),
    onSettled: (result) => void seen.settled.push(result),
    onMissingIndex: (index) => {
      seen.made.push(index)
      return more.place?.(index) ?? Promise.resolve('made')
    },
  }
  return { ...seen, refusals: await bulkAll(list, send, { ...LIMITS, ...more.limits }, hooks, more.signal ?? never) }
}

test('what is stored is done, a no-op too', async () => {
  const { requests, refusals, settled, busy } = await run(items(3), ({ id }) =>
    id === '1' ? { status: 200, result: 'noop' } : { status: 201, result: 'created' },
  )
  expect(requests).toEqual([['0', '1', '2']])
  expect(refusals).toEqual([])
  expect(settled).toEqual(['ok', 'noop', 'ok'])
  expect(busy).toEqual([])
})

const busy: readonly [string, ItemAnswer | undefined][] = [
  ['a conflict', refusedAs(409, 'version_conflict_engine_exception')],
  ['too many requests', refusedAs(429, 'es_rejected_execution_exception')],
  ['a circuit breaker', refusedAs(429, 'circuit_breaking_exception')],
  ['a shard that is away', refusedAs(503, 'unavailable_shards_exception')],
  ['an error inside', refusedAs(500, 'exception')],
  ['an index that is blocked (disk full)', refusedAs(403, 'cluster_block_exception')],
  ['no rights', refusedAs(403, 'security_exception')],
  [
    'a script that setup has still to put there',
    refusedAs(404, 'resource_not_found_exception', 'unable to find script [x] in cluster state'),
  ],
  ['an answer without the item', undefined],
]
test.each(busy)('%s: only that item comes again, and the others are not held', async (_, answer) => {
  const { requests, refusals, busy: said, settled } = await run(items(3), ({ id }, time) => (id === '2' && time === 1 ? answer : OK))
  expect(requests).toEqual([['0', '1', '2'], ['2']])
  expect(refusals).toEqual([])
  expect(settled).toHaveLength(3)
  expect(said).toMatchObject([{ count: 1 }])
})

test('a busy item comes again as often as it takes', async () => {
  const { requests, refusals } = await run(items(1), (_, time) => (time < 5 ? refusedAs(429, 'es_rejected_execution_exception') : OK))
  expect(requests).toHaveLength(5)
  expect(refusals).toEqual([])
})

const refused: readonly [string, ItemAnswer, RegExp][] = [
  [
    'a field that does not fit the mapping',
    {
      status: 400,
      error: {
        type: 'document_parsing_exception',
        reason: 'failed to parse field [count]',
        caused_by: { reason: 'For input string: "x"' },
      },
    },
    /document_parsing_exception: failed to parse field \[count\] \(For input string: "x"\)/,
  ],
  ['a term that is too long', refusedAs(400, 'illegal_argument_exception', 'immense term'), /immense term/],
  ['a script that fails', refusedAs(400, 'script_exception', 'runtime error'), /runtime error/],
  ['no reason at all', { status: 400 }, /status 400/],
]
test.each(refused)("%s: refused for good, with Elasticsearch's words; the others are stored", async (_, answer, detail) => {
  const { requests, refusals, settled } = await run(items(3), ({ id }) => (id === '1' ? answer : OK))
  expect(requests).toHaveLength(1)
  expect(refusals).toEqual([{ id: '1', detail: expect.stringMatching(detail) as string, expired: false }])
  expect(settled.toSorted()).toEqual(['ok', 'ok', 'refused'])
})

const missing: readonly ItemAnswer[] = [
  refusedAs(404, 'index_not_found_exception'),
  refusedAs(400, 'illegal_argument_exception', 'index [day] is not an alias; [require_alias] request flag is [true]'),
]
test.each(missing)('a missing index is made once, and its items come again: %j', async (answer) => {
  const { requests, made, refusals } = await run(items(3), ({ id }, time) => (id !== '0' && time === 1 ? answer : OK))
  expect(made).toEqual(['day'])
  expect(requests).toEqual([
    ['0', '1', '2'],
    ['1', '2'],
  ])
  expect(refusals).toEqual([])
})

test('an index that must not be made any more: its items are expired, others are stored', async () => {
  const list = [...items(1, '{}', 'old'), { id: 'new', index: 'today', body: '{}' }]
  const { refusals, requests } = await run(list, ({ index }) => (index === 'old' ? refusedAs(404, 'index_not_found_exception') : OK), {
    place: () => Promise.resolve('too_old'),
  })
  expect(refusals).toMatchObject([{ id: '0', expired: true }])
  expect(requests).toHaveLength(1)
})

test('requests hold no more items and no more bytes than allowed, in order; bytes are not characters', async () => {
  expect((await run(items(5), () => OK, { limits: { maxItems: 2 } })).requests).toEqual([['0', '1'], ['2', '3'], ['4']])
  expect((await run(items(4, 'x'.repeat(100)), () => OK, { limits: { maxBytes: 250 } })).requests).toEqual([
    ['0', '1'],
    ['2', '3'],
  ])
  expect((await run(items(4, '訂'.repeat(100)), () => OK, { limits: { maxBytes: 250 } })).requests).toEqual([['0'], ['1'], ['2'], ['3']])
})

test('no more requests are under way than allowed', async () => {
  let now = 0
  let most = 0
  const send: SendBulk = async (chunk) => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setImmediate(resolve))
    now--
    return chunk.map(() => OK)
  }
  const hooks: BulkHooks = { onBusy: () => {}, onSettled: () => {}, onMissingIndex: () => Promise.resolve('made') }
  await bulkAll(items(20), send, { ...LIMITS, maxItems: 1, concurrency: 3 }, hooks, never)
  expect(most).toBe(3)
})

const tooLarge: readonly [string, Error][] = [
  ['413', failure(413, 'Response Error')],
  ["400 in Elasticsearch's words", failure(400, 'x_content_parse_exception: nesting is too deep', 'x_content_parse_exception')],
]
test.each(tooLarge)(
  'a request refused as a whole with %s is cut in halves until the one item is alone, which is refused',
  async (_, error) => {
    const { refusals, requests, settled } = await run(items(8), () => OK, {
      whole: (chunk) => {
        if (chunk.some(({ id }) => id === '5')) throw error
      },
    })
    expect(refusals).toEqual([{ id: '5', detail: error.message, expired: false }])
    expect(settled.filter((result) => result === 'ok')).toHaveLength(7)
    expect(requests.slice(0, 3)).toEqual([
      ['0', '1', '2', '3', '4', '5', '6', '7'],
      ['0', '1', '2', '3'],
      ['4', '5', '6', '7'],
    ])
  },
)

const away: readonly [string, Error][] = [
  ['no connection', failure(null, 'connect ECONNREFUSED')],
  ['a connection that ends', failure(null, 'socket hang up')],
  ['401', failure(401, 'security_exception: missing authentication credentials', 'security_exception')],
  ['403', failure(403, 'Forbidden')],
  ['429', failure(429, 'circuit_breaking_exception', 'circuit_breaking_exception')],
  ['503', failure(503, 'Service Unavailable')],
  ["a proxy's 400, which is not about any document", failure(400, 'The plain HTTP request was sent to HTTPS port')],
  [
    'a server that does not understand the client',
    failure(400, 'media_type_header_exception: Invalid media-type', 'media_type_header_exception'),
  ],
]
test.each(away)('%s: everything waits and comes again, nothing is refused', async (_, error) => {
  const {
    refusals,
    requests,
    busy: said,
  } = await run(items(3), () => OK, {
    whole: (_chunk, request) => {
      if (request === 1) throw error
    },
  })
  expect(refusals).toEqual([])
  expect(requests).toEqual([
    ['0', '1', '2'],
    ['0', '1', '2'],
  ])
  expect(said).toEqual([{ why: error.message, count: 3 }])
})

test('where one request finds Elasticsearch away, the next ones are not sent before it was said and waited', async () => {
  const { requests, busy: said } = await run(items(6), () => OK, {
    limits: { maxItems: 1 },
    whole: (_chunk, request) => {
      if (request === 2) throw failure(null, 'connect ECONNREFUSED')
    },
  })
  expect(said).toEqual([{ why: 'connect ECONNREFUSED', count: 5 }])
  expect(requests).toEqual([['0'], ['1'], ['1'], ['2'], ['3'], ['4'], ['5']])
})

test('a stop ends the loop with `aborted`, without another request or index', async () => {
  const abort = new AbortController()
  const made: string[] = []
  const work = run(items(4), ({ id }) => (id === '0' ? refusedAs(404, 'index_not_found_exception') : OK), {
    limits: { maxItems: 1 },
    signal: abort.signal,
    place: (index) => {
      made.push(index)
      return Promise.resolve('made')
    },
    whole: (_chunk, request) => {
      if (request < 2) return
      abort.abort()
      throw failure(null, 'Request aborted')
    },
  })
  await expect(work).rejects.toMatchObject({ code: 'aborted' })
  expect(made).toEqual([])
})

test('a stop that comes when all is answered loses no answer', async () => {
  const abort = new AbortController()
  const { refusals } = await run(items(2), ({ id }) => (id === '1' ? refusedAs(400, 'document_parsing_exception') : OK), {
    signal: abort.signal,
    whole: () => abort.abort(),
  })
  expect(refusals).toMatchObject([{ id: '1' }])
})

test('nothing to do asks for nothing', async () => {
  expect(await run([], () => OK)).toMatchObject({ requests: [], refusals: [] })
})

test('a round may refuse, or find without an index, more items than a call takes arguments', async () => {
  const count = 200_000
  const limits = { maxItems: 50_000, maxBytes: 1e9 }
  const tooOld = await run(items(count), () => refusedAs(404, 'index_not_found_exception'), { limits, place: async () => 'too_old' })
  expect(tooOld.refusals).toHaveLength(count)
})
