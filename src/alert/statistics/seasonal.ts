/** Prototype */
export const BUCKET_MS = 300_000
export const DAY_BUCKETS = 288
export const HISTORY_DAYS = 7
export const HISTORY_BUCKETS = HISTORY_DAYS * DAY_BUCKETS
export const P = { w1: 0.5, nu: 5, a0: 1, inflate: 1.25, floor: 0.02, kappa: 1 }

export interface Usual { readonly mean: number; readonly dispersion: number }
export interface Fit { usual(offset: number, width: number): Usual }

export function fitSeasonal(values: ArrayLike<number>, knownFrom: number): Fit {
  const L = HISTORY_BUCKETS
  const days = Math.floor((L - knownFrom) / DAY_BUCKETS)
  const from = L - days * DAY_BUCKETS
  const v = new Float64Array(L)
  const maxima = Array.from({ length: days }, (_, d) => { let m = 0; for (let i = from + d * DAY_BUCKETS; i < from + (d + 1) * DAY_BUCKETS; i++) m = Math.max(m, values[i]!); return m }).sort((a, b) => b - a)
  const cap = days >= 3 ? 2 * maxima[1]! + 10 : Infinity
  let total = 0
  for (let i = from; i < L; i++) { v[i] = Math.min(values[i]!, cap); total += v[i]! }
  const overall = total / (L - from)
  // means by slot
  const own = new Float64Array(DAY_BUCKETS)
  for (let i = from; i < L; i++) own[i % DAY_BUCKETS]! += v[i]! // L multiple of 288: slot 0 = time of H
  const w = 1 + 2 * P.w1
  const n = days * w * w / (1 + 2 * P.w1 * P.w1)
  const mean = new Float64Array(DAY_BUCKETS)
  for (let s = 0; s < DAY_BUCKETS; s++) {
    const sum = (own[s]! + P.w1 * (own[(s + 1) % DAY_BUCKETS]! + own[(s + DAY_BUCKETS - 1) % DAY_BUCKETS]!)) / (days * w)
    mean[s] = (sum * n + overall * P.kappa) / (n + P.kappa)
  }
  const disp = (width: number) => {
    let over = 0, square = 0
    for (let i = from + 2; i < L; i++) {
      let x = 0, m = 0
      for (let k = 0; k < width; k++) { x += v[i - k]!; m += mean[(i - k + DAY_BUCKETS) % DAY_BUCKETS]! }
      over += (x - m) ** 2 * n / (n - 1) - m
      square += m * m
    }
    const info = square / 2 / width
    const a = Math.max(0, square > 0 ? over / square : 0)
    return ((a * info + P.a0 * P.nu) / (info + P.nu)) * P.inflate + P.floor
  }
  const d1 = disp(1), d3 = disp(3)
  return {
    usual(offset, width) {
      let m = 0
      for (let k = 0; k < width; k++) m += mean[(offset - k + 3 * DAY_BUCKETS) % DAY_BUCKETS]!
      const d = width === 1 ? d1 : d3
      return { mean: m, dispersion: d * (1 + 1 / n) + 1 / (n * width * (m / width) || 1e-9) }
    },
  }
}
