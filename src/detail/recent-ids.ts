/** The documents that this process flushed not long ago: their sample need not travel again. Forgetting one costs bytes, nothing else. */
import { LRUCache } from 'lru-cache'

/** About 100 bytes each. */
const MAX_IDS = 100_000

export function recentIds(): LRUCache<string, true> {
  return new LRUCache<string, true>({ max: MAX_IDS })
}
