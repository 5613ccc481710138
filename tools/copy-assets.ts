/**
 * After the compiler: the page's files and the chart library go beside what was built, so that the page asks no other host.
 * Run as `node dist/tools/copy-assets.js`. Copies over what is there: a repeat is harmless.
 */
import { cp, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const BUILT = fileURLToPath(new URL('../', import.meta.url))
const ROOT = path.join(BUILT, '..')
const PAGE_FILES = new Set(['.html', '.css', '.js', '.svg'])
const CHART_FILES = ['uPlot.iife.min.js', 'uPlot.min.css']

await copyAssets(path.join(ROOT, 'src', 'ui'), path.join(BUILT, 'src', 'ui'))

async function copyAssets(from: string, to: string): Promise<void> {
  const vendor = path.join(to, 'vendor')
  await mkdir(vendor, { recursive: true })
  await cp(from, to, { recursive: true, filter: (source) => source === from || PAGE_FILES.has(path.extname(source)) })
  const chart = path.dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'))
  for (const file of CHART_FILES) await cp(path.join(chart, file), path.join(vendor, file))
  await cp(path.join(chart, '..', 'LICENSE'), path.join(vendor, 'uPlot.LICENSE'))
}
