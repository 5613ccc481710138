/** The Druid client against a server that misbehaves in all the ways that Druid and what stands before it do. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { DruidClient } from '../../../../src/store/druid/client.ts'

const SECRET = 'Bearer s3cr3t-token'
const open: { server: Server; client: DruidClient }[] = []

afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    await client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function clientOf(answer: RequestListener, { prefix = '', timeoutMs = 5_000 } = {}): Promise<DruidClient> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`
  const client = new DruidClient({
    queryUrl: url,
    coordinatorUrl: url,
    headers: () => ({ authorization: SECRET }),
    dispatcher: new Agent(),
    timeoutMs,
  })
  open.push({ server, client })
  return client
}

const says =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(body)
const error = (errorMessage: string): string => JSON.stringify({ error: 'druidException', errorMessage })
const ask = (client: DruidClient) => client.sql('SELECT 1', [])

test('rows come back, and the query goes out with its parameters by type', async () => {
  let body = ''
  const client = await clientOf((request, response) => {
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => response.end('[{"events":3}]'))
  })
  expect(await client.sql('SELECT ?', ['a', 7])).toEqual([{ events: 3 }])
  expect(JSON.parse(body)).toMatchObject({
    query: 'SELECT ?',
    parameters: [
      { type: 'VARCHAR', value: 'a' },
      { type: 'BIGINT', value: 7 },
    ],
    context: { useApproximateTopN: false, timeout: 5_000 },
  })
})

test('a table that does not exist yet has no rows', async () => {
  expect(await ask(await clientOf(says(400, error("Object 'tracefold-rollups' not found (line [1], column [15])"))))).toEqual([])
})

const cut: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('[{"events":3},')
  response.on('error', () => {})
  setImmediate(() => response.destroy())
}
const unavailable: readonly [string, RequestListener, RegExp][] = [
  ['a body cut short in the middle of the rows', says(200, '[{"events":3},'), /cut short/],
  ['a connection that ends in the middle', cut, /does not answer/],
  ['an empty answer', says(200, ''), /no rows to answer with/],
  ['an error as a success', says(200, '{"error":"Unknown exception"}'), /no rows to answer with/],
  [
    'one of several tables that has gone',
    says(400, error('Table [tracefold-rollups-eu] not found (line [1], column [147])')),
    /Table \[tracefold-rollups-eu\] not found/,
  ],
  [
    'a column that Druid has not seen yet',
    says(400, error("Column 'hosts' not found in any table (line [1], column [8])")),
    /Column 'hosts' not found/,
  ],
  ['no rights', says(401, '<html>401 Unauthorized</html>'), /401.*Unauthorized/],
  ['rights too small', says(403, error('Unauthorized')), /403/],
  ['too many queries', says(429, error('Too many outstanding queries')), /429.*Too many/],
  ['an error of its own', says(500, error('Query timed out')), /500.*timed out/],
  ['a proxy without Druid behind it', says(502, '<html>Bad Gateway</html>'), /502/],
  ['a hang-up', (request) => void request.socket.destroy(), /does not answer/],
]
test.each(unavailable)('%s: not available, to be asked again', async (_, answer, message) => {
  const failure = await ask(await clientOf(answer)).catch((reason: unknown) => reason)
  expect(failure).toMatchObject({ code: 'not_available', retriable: true })
  expect(String(failure)).toMatch(message)
  expect(String(failure)).not.toContain('s3cr3t')
})

test('an answer that does not come in time: not available', async () => {
  const client = await clientOf(() => {}, { timeoutMs: 50 })
  await expect(ask(client)).rejects.toMatchObject({ code: 'not_available' })
})

test('nobody there: not available, with the address', async () => {
  const client = await clientOf(says(200, '[]'))
  const { server } = open[0] as (typeof open)[number]
  await new Promise((resolve) => server.close(resolve))
  await expect(ask(client)).rejects.toMatchObject({ code: 'not_available', message: expect.stringContaining('http://127.0.0.1') as string })
})

test('a query that Druid will not take is refused, with its words', async () => {
  await expect(ask(await clientOf(says(400, error('Received an unexpected token'))))).rejects.toMatchObject({
    code: 'store_refused',
    message: expect.stringContaining('unexpected token') as string,
  })
})

test('managing: 404 is an answer, 400 is not, and an empty body is nothing', async () => {
  expect(await (await clientOf(says(404, 'Cannot find any supervisor'))).manage('GET', '/x')).toEqual({
    status: 404,
    body: 'Cannot find any supervisor',
  })
  expect(await (await clientOf(says(200, ''))).manage('POST', '/x', [])).toEqual({ status: 200, body: null })
  await expect((await clientOf(says(400, error('bad spec')))).manage('POST', '/x', {})).rejects.toMatchObject({
    code: 'store_refused',
    message: expect.stringContaining('bad spec') as string,
  })
})

test("a path before Druid (a proxy's) is kept", async () => {
  const paths: (string | undefined)[] = []
  const answer: RequestListener = (request, response) => {
    paths.push(request.url)
    response.end('[]')
  }
  for (const prefix of ['', '/', '/druid-prod/']) await ask(await clientOf(answer, { prefix }))
  expect(paths).toEqual(['/druid/v2/sql', '/druid/v2/sql', '/druid-prod/druid/v2/sql'])
})

describe('row by row', () => {
  const rowsOf = async (answer: RequestListener) => {
    const rows: (readonly unknown[])[] = []
    const client = await clientOf(answer)
    await client.eachRow('SELECT 1', [], (row) => void rows.push(row))
    return rows
  }

  test('rows come one after the other, however the answer was cut on its way', async () => {
    const text = '["a",1]\n["b\\nc",null]\n\n'
    const inBytes: RequestListener = (_, response) => {
      for (const byte of Buffer.from(text)) response.write(Buffer.from([byte]))
      response.end()
    }
    for (const answer of [says(200, text), inBytes])
      expect(await rowsOf(answer)).toEqual([
        ['a', 1],
        ['b\nc', null],
      ])
  })

  test('no rows are an empty line, and so is a table that does not exist yet', async () => {
    expect(await rowsOf(says(200, '\n'))).toEqual([])
    expect(await rowsOf(says(400, error("Object 'tracefold-rollups' not found (line [1], column [15])")))).toEqual([])
  })

  const cutShort: readonly [string, RequestListener][] = [
    ['without its empty line', says(200, '["a",1]\n["b",2]\n')],
    ['in the middle of a row', says(200, '["a",1]\n["b"')],
    ["after an error of Druid's", says(200, '["a",1]\n{"error":"Query timed out"}\n\n')],
    ['before it began', says(200, '')],
    [
      "by the connection's end",
      (_, response) => (
        response.writeHead(200, { 'content-length': '1000' }).write('["a",1]\n\n'),
        response.on('error', () => {}),
        void setImmediate(() => response.destroy())
      ),
    ],
  ]
  test.each(cutShort)('an answer that ends %s is no answer', async (_, answer) => {
    await expect(rowsOf(answer)).rejects.toMatchObject({ code: 'not_available', retriable: true })
  })

  test('a failure is what it is for all rows at once', async () => {
    await expect(rowsOf(says(500, error('Query timed out')))).rejects.toMatchObject({ code: 'not_available' })
    await expect(rowsOf(says(400, error('Resource limit exceeded')))).rejects.toMatchObject({
      code: 'store_refused',
      message: expect.stringContaining('Resource limit') as string,
    })
  })
})
