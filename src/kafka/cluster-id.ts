/** Which Kafka cluster it is: part of each partition's key, so that two clusters' offsets are never taken for one another's. */
import type { Admin } from 'kafkajs'
import { kafkaError } from './client.ts'

/** The id that Kafka gave its cluster. Also connects the admin client. */
export async function clusterIdOf(admin: Admin): Promise<string> {
  try {
    await admin.connect()
    return (await admin.describeCluster()).clusterId
  } catch (error) {
    throw kafkaError(error, 'connecting to Kafka')
  }
}
