/** What Elasticsearch is asked for the events of an error, and what is said where it is away. Its answers are tested on a real one. */
import { Client } from '@elastic/elasticsearch'
import { expect, test } from 'vitest'
import { namesOf } from '../../../../src/config/names.ts'
import { elasticsearchDetail } from '../../../../src/store/elasticsearch/detail-reader.ts'
import { MINUTE, T0 } from '../../../support/builders.ts'

const QUERY = { fromMs: T0 - MINUTE, toMs: T0, job: 'orders', fingerprint: 'v1:a', limit: 3 }

test('where it is away, that is what is said', async () => {
  const client = new Client({ node: 'http://127.0.0.1:1', maxRetries: 0 })
  await expect(elasticsearchDetail(client, namesOf('acme')).errors(QUERY)).rejects.toMatchObject({
    code: 'not_available',
    message: expect.stringContaining('Elasticsearch does not answer as expected'),
  })
  await client.close()
})

test('one search, bounded: so many documents, and of them only what is shown', async () => {
  const asked: { index?: string; size?: number; _source?: string[] }[] = []
  const search = async (request: (typeof asked)[0]) => (asked.push(request), { hits: { hits: [{ _id: 'a', _source: STORED }] } })
  const client = { search } as unknown as Client // the one method that is called
  const documents = await elasticsearchDetail(client, namesOf('acme')).errors(QUERY)
  expect(asked).toMatchObject([{ index: 'acme-detail', size: 3 }])
  expect(asked[0]?._source).not.toContain('kept')
  expect(documents).toMatchObject([{ id: 'a', hosts: [], event: { message: 'm', context: new Map(), stackTrace: null, timeMs: null } }])
})

/** As little as there can be. */
const STORED = {
  '@timestamp': new Date(T0).toISOString(),
  job: 'orders',
  fingerprint: 'v1:a',
  title: 't',
  count: 1,
  first_seen: T0,
  last_seen: T0,
  message: 'm',
}
