/**
 * Settings in; what the clients of Kafka, Elasticsearch and Druid need to connect out. Secrets are revealed here and nowhere else, so
 * what comes out must not be printed. Throws `config_invalid` for a certificate or key that cannot be used.
 *
 * Clients retry little or not at all by themselves: whoever calls them retries for ever, with back-off, and can be stopped.
 */
import type { ClientOptions } from '@elastic/elasticsearch'
import type { KafkaConfig } from 'kafkajs'
import { Agent } from 'undici'
import { brokersOf } from './broker-list.ts'
import { createTokenProvider } from './oauth-token.ts'
import type { DruidSettings, ElasticsearchSettings, KafkaSettings } from './schema.ts'
import { tlsOptions } from './tls-files.ts'

const CONNECT_TIMEOUT_MS = 10_000
/** Tries 0.3, 0.6 and 1.2 s apart: enough for a leader that moves, short enough that a stop is not held up. */
const KAFKA_RETRY = { retries: 3, initialRetryTime: 300, maxRetryTime: 2_000 }

/** `section`: where its settings stand. */
export function kafkaConfig(kafka: KafkaSettings, clientId: string, section = 'kafka'): KafkaConfig {
  const sasl = saslOptions(kafka)
  return {
    clientId,
    brokers: brokersOf(kafka),
    ssl: kafka.tls.enabled ? { ...tlsOptions(kafka.tls, `${section}.tls`) } : false,
    ...(sasl === null ? {} : { sasl }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    authenticationTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: kafka.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { ...KAFKA_RETRY },
  }
}

function saslOptions({ sasl, requestTimeoutMs }: KafkaSettings): NonNullable<KafkaConfig['sasl']> | null {
  const { mechanism, username, password, tokenUrl, scope } = sasl
  // `load.ts` has checked that what a mechanism needs is there.
  if (mechanism === 'none' || username === null || password === null) return null
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password: password.reveal() }
    case 'scram-sha-256':
      return { mechanism, username, password: password.reveal() }
    case 'scram-sha-512':
      return { mechanism, username, password: password.reveal() }
    case 'oauthbearer': {
      const token = createTokenProvider({
        tokenUrl: tokenUrl ?? '',
        clientId: username,
        clientSecret: password,
        scope,
        timeoutMs: requestTimeoutMs,
      })
      return { mechanism, oauthBearerProvider: async () => ({ value: await token() }) }
    }
  }
}

export function elasticsearchOptions(elasticsearch: ElasticsearchSettings): ClientOptions {
  const { nodes, apiKey, username, password, requestTimeoutMs, compression } = elasticsearch
  return {
    nodes: [...nodes],
    tls: { ...tlsOptions(elasticsearch.tls, 'elasticsearch.tls') },
    ...(apiKey === null ? {} : { auth: { apiKey: apiKey.reveal() } }),
    ...(username === null || password === null ? {} : { auth: { username, password: password.reveal() } }),
    maxRetries: 0,
    requestTimeout: requestTimeoutMs,
    compression,
  }
}

export interface DruidConnection {
  /** For undici's `request` and `fetch`. Its owner closes it. */
  readonly agent: Agent
  headers(): Record<string, string>
}

export function druidConnection(druid: DruidSettings): DruidConnection {
  const agent = new Agent({
    connect: { ...tlsOptions(druid.tls, 'druid.tls'), timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: druid.requestTimeoutMs,
    bodyTimeout: druid.requestTimeoutMs,
  })
  return { agent, headers: () => druidHeaders(druid) }
}

function druidHeaders({ token, username, password }: DruidSettings): Record<string, string> {
  if (token !== null) return { authorization: `Bearer ${token.reveal()}` }
  if (username === null || password === null) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}` }
}
