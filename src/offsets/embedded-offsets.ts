/** Positions of embedded mode: how far files and pipes have been read. They can only be looked at. */
import type { PositionReader } from '../store/embedded/position-reader.ts'
import type { PartitionProgress } from '../stream/lag.ts'
import { partitionKey } from '../source/source.ts'
import type { OffsetsReader } from './desk.ts'

/** `progress`: what the streams of this process know of ends and lag. */
export function embeddedOffsets(positions: PositionReader, progress: () => readonly PartitionProgress[]): OffsetsReader {
  return {
    show: async () => {
      const known = new Map(progress().map((one) => [partitionKey(one), one]))
      const rows = await positions.positions()
      const offsets = rows.map(({ next, block, ...place }) => {
        const { end = null, lagSeconds = null } = known.get(partitionKey(place)) ?? {}
        return {
          ...place,
          state: 'committed' as const,
          committed: next,
          openBlock: block,
          end,
          lagRecords: end === null ? null : Math.max(0, end - next),
          lagSeconds,
          skipTo: null,
        }
      })
      return { offsets, skipped: [] }
    },
  }
}
