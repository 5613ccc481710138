/**
 * A few rounds of some faults of `npm run chaos`, with fixed seeds: nothing is lost, nothing is counted twice, the ledger agrees. The long rounds, and
 * the faults that need servers of their own, are run by hand.
 */
import { dataExpired } from '../chaos/faults/data-expired.ts'
import { elasticsearchBusy } from '../chaos/faults/elasticsearch-busy.ts'
import { fenced } from '../chaos/faults/fenced.ts'
import { kills } from '../chaos/faults/kills.ts'
import { malformed } from '../chaos/faults/malformed.ts'
import { togetherApart } from '../chaos/faults/together-apart.ts'
import { zombies } from '../chaos/faults/zombies.ts'
import { testFaults } from '../support/faults.ts'
import { requireServices } from '../support/services.ts'

testFaults(requireServices('kafka', 'elasticsearch'), [
  { fault: kills, cycles: 3, seed: 1 },
  { fault: zombies, cycles: 1, seed: 2 },
  { fault: togetherApart, cycles: 2, seed: 3 },
  { fault: fenced, cycles: 6, seed: 4 },
  { fault: dataExpired, cycles: 1, seed: 5 },
  { fault: elasticsearchBusy, cycles: 2, seed: 6 },
  { fault: malformed, cycles: 1, seed: 7 },
])
