import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokersOf, parseBrokers, type Dns } from '../../../src/config/broker-list.ts'

const NONE = { brokers: ['a:1'], brokersFile: null, brokersDns: null }
const asked = async (found: ReturnType<typeof brokersOf>): Promise<string[]> => (typeof found === 'function' ? found() : found)

test('without a file or a name, the list of the settings', () => {
  expect(brokersOf(NONE)).toEqual(['a:1'])
})

test('a file is read each time a broker is looked for', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'tracefold-brokers-')), 'brokers')
  writeFileSync(file, '# ours\nkafka-1:9092\n kafka-2:9092, [::1]:9093 # the old one\n')
  const brokers = brokersOf({ ...NONE, brokersFile: file })
  expect(await asked(brokers)).toEqual(['kafka-1:9092', 'kafka-2:9092', '[::1]:9093'])
  writeFileSync(file, 'kafka-3:9092')
  expect(await asked(brokers)).toEqual(['kafka-3:9092'])
})

test.each([
  ['kafka-1', 'brokers: expected host:port, got kafka-1'],
  ['# none\n', 'brokers: expected at least one broker, got none'],
])('a file with %j is told of', (text, message) => {
  expect(() => parseBrokers(text, 'brokers')).toThrow(message)
})

describe('DNS', () => {
  const dns: Dns = {
    srv: async (name) =>
      name === '_kafka._tcp.example.com'
        ? [
            { name: 'k1.example.com', port: 9092 },
            { name: 'k2.example.com', port: 9093 },
          ]
        : [],
    addresses: async (host) => (host === 'kafka.example.com' ? ['10.0.0.1', 'fd00::1'] : []),
  }

  test.each([
    ['_kafka._tcp.example.com', ['k1.example.com:9092', 'k2.example.com:9093']],
    ['kafka.example.com:9092', ['10.0.0.1:9092', '[fd00::1]:9092']],
  ])('%s', async (brokersDns, expected) => {
    expect(await asked(brokersOf({ ...NONE, brokersDns }, dns))).toEqual(expected)
  })

  test('a name without records is an error, for the client to try again', async () => {
    await expect(asked(brokersOf({ ...NONE, brokersDns: 'gone.example.com:9092' }, dns))).rejects.toThrow(
      'DNS knows no broker by gone.example.com:9092',
    )
  })
})
