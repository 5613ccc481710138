/** Some rounds of the embedded store's faults of `npm run chaos`, with fixed seeds. They need no server, but the built program. */
import { embeddedCorrupt, embeddedDiskFull, embeddedKilled, embeddedTwo } from '../chaos/faults/embedded.ts'
import { testFaults } from '../support/faults.ts'
import { requireServices } from '../support/services.ts'

testFaults(requireServices(), [
  { fault: embeddedKilled, cycles: 5, seed: 1 },
  { fault: embeddedDiskFull, cycles: 1, seed: 2 },
  { fault: embeddedTwo, cycles: 1, seed: 3 },
  { fault: embeddedCorrupt, cycles: 1, seed: 4 },
])
