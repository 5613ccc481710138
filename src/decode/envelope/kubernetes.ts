/** What shippers know of the pod that logged -> context under `kubernetes.`, with the shipper's own names. Pure. */
import { isObject, type JsonObject } from '../value.ts'

/** For machines, long, or of the node: a bounded context has better to hold. */
const LEFT_OUT = {
  annotations: null,
  pod_annotations: null,
  namespace_annotations: null,
  namespace_labels: null,
  node_labels: null,
  pod_labels: null,
}

/** Labels are `kubernetes.labels.<name>` whoever ships, so that one setting finds the job's: Vector alone calls them `pod_labels`. */
export function kubernetesOf(value: unknown): JsonObject | null {
  if (!isObject(value)) return null
  return { kubernetes: { labels: value['pod_labels'], ...value, ...LEFT_OUT } }
}
