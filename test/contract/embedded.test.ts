/** The contract suites of the ports on the embedded store. */
import { describeAlertReader } from './alert-reader.ts'
import { describeDetailReader } from './detail-reader.ts'
import { describeDetailStore } from './detail-store.ts'
import { embeddedDetail, embeddedRollup } from './embedded-adapter.ts'
import { describeRollupReader } from './rollup-reader.ts'
import { describeRollupStore } from './rollup-store.ts'

describeDetailStore('the embedded store', () => embeddedDetail())
describeDetailReader('the embedded store', () => embeddedDetail())
describeRollupStore('the embedded store', () => embeddedRollup())
describeRollupReader('the embedded store', () => embeddedRollup())
describeAlertReader('the embedded store', () => embeddedRollup())
