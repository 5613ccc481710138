/**
 * Names of everything that an installation creates in its neighbours, for one of its Kafka clusters. What is in Elasticsearch belongs to all clusters; the
 * topic of alerts is in the first alone; the first one's control topic holds what is decided for all, each one's what is asked of its partitions.
 */
export interface Names {
  /** Null for the first cluster. */
  readonly cluster: string | null
  readonly detailGroup: string
  readonly rollupGroup: string
  readonly rollupTopic: string
  readonly letterTopic: string
  readonly ledgerTopic: string
  readonly controlTopic: string
  readonly alertTopic: string
  readonly alertGroup: string
  readonly datasource: string
  readonly detailIndex: string
  readonly ledgerIndex: string
}

export function namesOf(name: string, cluster: string | null = null): Names {
  const of = cluster === null ? '' : `-${cluster}`
  return {
    cluster,
    detailGroup: `${name}-detail${of}`,
    rollupGroup: `${name}-rollup${of}`,
    rollupTopic: `${name}-rollups${of}`,
    letterTopic: `${name}-dead-letters${of}`,
    ledgerTopic: `${name}-ledger${of}`,
    controlTopic: `${name}-control${of}`,
    alertTopic: `${name}-alerts`,
    alertGroup: `${name}-alerts`,
    datasource: `${name}-rollups${of}`,
    detailIndex: `${name}-detail`,
    ledgerIndex: `${name}-ledger`,
  }
}

/** How a process calls itself to Kafka. A member of the rollup branch's group says by it whether it moves the positions of both branches. */
export function clientIdOf({ name, branches }: { readonly name: string; readonly branches: 'apart' | 'together' }): string {
  return branches === 'together' ? `${name}${TOGETHER}` : name
}

export function movesBothBranches(clientId: string): boolean {
  return clientId.endsWith(TOGETHER)
}
const TOGETHER = '-together'
