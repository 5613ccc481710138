/** Positions as the API and `--json` show them (see offset-schemas.ts). Pure. */
import { totalsByBranch, type InCluster, type OffsetsReport, type SkipReport } from '../offsets/desk.ts'

export function reportOf({ offsets, skipped, away = [] }: OffsetsReport) {
  return {
    offsets: offsets.map(({ openBlock, lagRecords, lagSeconds, skipTo, ...row }) => ({
      ...named(row),
      open_block: openBlock,
      lag_records: lagRecords,
      lag_seconds: lagSeconds,
      skip_to: skipTo,
    })),
    totals: totalsByBranch(offsets).map(({ lagRecords, lagSeconds, ...total }) => ({
      ...total,
      lag_records: lagRecords,
      lag_seconds: lagSeconds,
    })),
    skipped: skipped.map(named),
    away: [...away],
  }
}

export function skipsOf({ skips, away = [] }: SkipReport) {
  return { skips: skips.map(({ isAsked, ...answer }) => ({ ...named(answer), asked: isAsked })), away: [...away] }
}

/** The cluster's name by the API's word. */
export function named<Row extends InCluster>({ clusterName, ...row }: Row) {
  return { ...row, ...(clusterName === undefined ? {} : { cluster_name: clusterName }) }
}
