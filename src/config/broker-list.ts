/**
 * Where Kafka's brokers are: as the settings say, in a file that may change while the program runs, or in DNS. In: settings. Out: a list, or a function
 * that the client asks each time it looks for a broker, so that what has changed meanwhile is found by the next connection.
 *
 *   file  host:port each, on lines of their own or between commas; what follows a # is a remark
 *   dns   `_kafka._tcp.example.com` (SRV records), or `kafka.example.com:9092` (every address of the host)
 *
 * A file or name that gives nothing is an error like a broker that does not answer: it is tried again.
 */
import { resolve4, resolve6, resolveSrv } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import type { KafkaSettings } from './schema.ts'

const BROKER = /^(?:[^\s:/@]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/

export interface Dns {
  readonly srv: (name: string) => Promise<readonly { readonly name: string; readonly port: number }[]>
  readonly addresses: (host: string) => Promise<readonly string[]>
}

export function brokersOf(
  { brokers, brokersFile, brokersDns }: Pick<KafkaSettings, 'brokers' | 'brokersFile' | 'brokersDns'>,
  dns: Dns = SYSTEM_DNS,
): string[] | (() => Promise<string[]>) {
  if (brokersFile !== null) return async () => parseBrokers(await readFile(brokersFile, 'utf8'), brokersFile)
  if (brokersDns !== null) return () => lookUp(brokersDns, dns)
  return [...brokers]
}

export function parseBrokers(text: string, file: string): string[] {
  const found = text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(','))
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '')
  const wrong = found.find((broker) => !BROKER.test(broker))
  if (wrong !== undefined) throw new Error(`${file}: expected host:port, got ${wrong}`)
  if (found.length === 0) throw new Error(`${file}: expected at least one broker, got none`)
  return found
}

async function lookUp(name: string, { srv, addresses }: Dns): Promise<string[]> {
  const found = name.startsWith('_')
    ? (await srv(name)).map((record) => `${record.name}:${record.port}`)
    : await hostAddresses(name, addresses)
  if (found.length === 0) throw new Error(`DNS knows no broker by ${name}`)
  return found
}

async function hostAddresses(name: string, addresses: Dns['addresses']): Promise<string[]> {
  const colon = name.lastIndexOf(':')
  return (await addresses(name.slice(0, colon))).map((address) => `${address.includes(':') ? `[${address}]` : address}${name.slice(colon)}`)
}

const SYSTEM_DNS: Dns = {
  srv: resolveSrv,
  addresses: async (host) => {
    const found = await Promise.allSettled([resolve4(host), resolve6(host)])
    const failed = found.find((result) => result.status === 'rejected')
    const all = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    if (all.length === 0 && failed !== undefined) throw failed.reason
    return all
  },
}
