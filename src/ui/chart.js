// @ts-check
/**
 * Pictures of counts over time: the big chart (uPlot) and sparklines (SVG). Both repeat what stands beside them in words and numbers.
 *
 * @typedef {import('uplot')} Plot
 */
import { svg } from './dom.js'
import { short, whole } from './format.js'

const CHART_HEIGHT_PX = 200
const SPARK = { width: 96, height: 22, pad: 2 }

/** @type {Plot | null} */
let plot = null
/** @type {[number[], number[]]} */
let shown = [[], []]

/** @param {HTMLElement} at @param {import('./api.js').Trend} trend */
export function drawChart(at, trend) {
  shown = [trend.points.map((point) => Date.parse(point.time) / 1_000), trend.points.map((point) => point.count)]
  if (plot === null) plot = makePlot(at)
  else plot.setData(shown)
}

/** Follows the window's width and the colour scheme. @param {HTMLElement} at */
export function keepChartFitting(at) {
  const fit = () => plot?.setSize({ width: at.clientWidth, height: CHART_HEIGHT_PX })
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(at) // a frame later: resizing within the observer would call it again
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    plot?.destroy()
    plot = makePlot(at)
  })
}

/**
 * A line over its area, from zero. Its text says what it shows.
 * @param {number[]} counts @param {string} label
 */
export function sparkline(counts, label) {
  const points = sparkPoints(counts)
  const { width, height, pad } = SPARK
  return svg(
    'svg',
    { class: 'spark', viewBox: `0 0 ${width} ${height}`, width: String(width), height: String(height), role: 'img', 'aria-label': label },
    svg('polygon', { points: `${pad},${height - pad} ${points} ${width - pad},${height - pad}` }),
    svg('polyline', { points }),
  )
}

/** `x,y x,y ...` within the picture. @param {number[]} counts */
export function sparkPoints(counts) {
  const { width, height, pad } = SPARK
  const most = Math.max(1, ...counts)
  const stepX = (width - 2 * pad) / Math.max(1, counts.length - 1)
  const round = (/** @type {number} */ n) => Math.round(n * 10) / 10
  return counts
    .map((count, index) => `${round(pad + index * stepX)},${round(height - pad - (count / most) * (height - 2 * pad))}`)
    .join(' ')
}

/** Null where the library is not there (sources that were not built): the table below stands alone. @param {HTMLElement} at */
function makePlot(at) {
  const UPlot = /** @type {{ uPlot?: typeof import('uplot') }} */ (/** @type {unknown} */ (globalThis)).uPlot
  if (UPlot === undefined) return null
  const colour = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  }
  return new UPlot(
    {
      width: at.clientWidth,
      height: CHART_HEIGHT_PX,
      padding: [8, 24, 0, 0],
      cursor: { y: false },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
      series: [
        { value: '{YYYY}-{MM}-{DD} {HH}:{mm}' },
        {
          label: 'Events',
          stroke: colour('--accent'),
          fill: colour('--accent-soft'),
          width: 1.5,
          points: { show: false },
          value: (_plot, n) => (n === null ? '–' : whole(n)),
        },
      ],
      axes: [
        { ...axis, values: clockLabels() },
        {
          ...axis,
          size: 52,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8],
          values: (_plot, splits) => splits.map(short),
        },
      ],
    },
    shown,
    at,
  )
}

/** 24 hours, not AM and PM; the date under the first label of a day. @returns {(string | number | null)[][]} */
function clockLabels() {
  const day = '\n{D} {MMM}'
  return [
    [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
    [60, '{HH}:{mm}', day, null, day, null, null, null, 1],
  ]
}
