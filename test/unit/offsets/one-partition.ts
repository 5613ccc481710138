/** Kafka's answers about one partition of one topic, as far as positions are asked for, from plain values that a test changes. */
import type { Admin } from 'kafkajs'
import { schema, type Settings } from '../../../src/config/schema.ts'
import { namesOf, type Names } from '../../../src/config/names.ts'
import { encodeMetadata } from '../../../src/kafka/commit-metadata.ts'
import type { KafkaClient } from '../../../src/kafka/client.ts'
import type { Bounds } from '../../../src/source/source.ts'
import type { Evidence } from '../../../src/store/resume.ts'
import type { Progress } from '../../../src/store/position.ts'
import { aPartition } from '../../support/builders.ts'

export const P = aPartition()
export const SETTINGS: Settings = schema.parse({ kafka: { topics: [P.topic] } })
export const NAMES: Names = namesOf(SETTINGS.name)

export class OnePartition {
  bounds: Bounds = { begin: 0, end: 5_000 }
  /** By group. `offset`: set with other tools than ours. */
  readonly committed = new Map<string, Progress | { readonly offset: number }>()
  readonly states = new Map<string, string>()
  /** Client ids of the members, by group. */
  readonly members = new Map<string, readonly string[]>()
  /** What the detail branch's ledger says. */
  evidence: Evidence | null = null

  readonly names = NAMES
  readonly documents = { evidence: async (): Promise<Evidence | null> => this.evidence }
  /** Nothing here reads a record. */
  readonly kafka = {} as KafkaClient

  get admin(): Admin {
    const answers: Partial<Admin> = {
      connect: async () => {},
      describeCluster: async () => ({ clusterId: P.cluster, brokers: [], controller: null }),
      describeGroups: async ([groupId = '']) =>
        ({
          groups: [
            { state: this.states.get(groupId) ?? 'Empty', members: (this.members.get(groupId) ?? []).map((clientId) => ({ clientId })) },
          ],
        }) as unknown as ReturnType<Admin['describeGroups']>,
      fetchTopicMetadata: async () =>
        ({ topics: [{ name: P.topic, partitions: [{}] }] }) as unknown as ReturnType<Admin['fetchTopicMetadata']>,
      fetchTopicOffsets: async () => [
        { partition: 0, offset: String(this.bounds.end), high: String(this.bounds.end), low: String(this.bounds.begin) },
      ],
      fetchOffsets: async ({ groupId }) => [{ topic: P.topic, partitions: [{ partition: 0, ...this.#position(groupId) }] }],
    }
    return answers as Admin // what is asked for is there
  }

  #position(group: string): { offset: string; metadata: string | null } {
    const at = this.committed.get(group)
    if (at === undefined) return { offset: '-1', metadata: null }
    return 'offset' in at ? { offset: String(at.offset), metadata: null } : { offset: String(at.next), metadata: encodeMetadata(at) }
  }
}
