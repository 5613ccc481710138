/** Prototype */
export const BUCKET_MS = 300_000
export const DAY_BUCKETS = 288
export const HISTORY_DAYS = 7
export const HISTORY_BUCKETS = HISTORY_DAYS * DAY_BUCKETS
export const P = { w1: 0.5, nu: 5, a0: 1, inflate: 1, floor: 0.02, kappa: 1, wc: 0, guard: 1.5, q: 3, capk: 1, capc: 5, out: 4, cl: 2, sharp: 0.8 }

export interface Usual { readonly mean: number; readonly dispersion: number }
export interface Fit { usual(offset: number, width: number): Usual; seen(width: number): number; z(offset: number, width: number, x: number): number; sharp: boolean }

const HOUR = 12
const S = DAY_BUCKETS
export function fitSeasonal(values: ArrayLike<number>, knownFrom: number): Fit {
  const L = HISTORY_BUCKETS
  const days = Math.floor((L - knownFrom) / S)
  const from = L - days * S
  const v = new Float64Array(L)
  const maxima = Array.from({ length: days }, (_, d) => { let m = 0; for (let i = from + d * S; i < from + (d + 1) * S; i++) m = Math.max(m, values[i]!); return m }).sort((a, b) => b - a)
  const cap = days >= 3 ? P.capk * maxima[1]! + P.capc : Infinity
  for (let i = from; i < L; i++) v[i] = Math.min(values[i]!, cap)
  const own = new Float64Array(S)
  const cls = new Float64Array(HOUR)
  let total = 0
  for (let i = from; i < L; i++) { own[i % S]! += v[i]!; cls[i % HOUR]! += v[i]!; total += v[i]! }
  const overall = total / (L - from)
  const at = (i: number) => v[i < from ? i + S : i >= L ? i - S : i]!
  const model = (fine: boolean) => {
    const w1 = fine ? P.wc : P.w1
    const w = 1 + 2 * w1
    const eff = w * w / (1 + 2 * w1 * w1)
    const n = days * eff
    const sm = (i: number) => (v[i]! + w1 * (at(i - 1) + at(i + 1))) / w
    const y = Float64Array.from(v, (_, i) => i < from ? 0 : sm(i))
    const mean = new Float64Array(S)
    const without = new Float64Array(L)
    let err = 0
    for (let m = 0; m < HOUR; m++) {
      let prior = 0
      for (let i = from + m; i < L; i += HOUR) prior += y[i]! / (days * 24)
      let within = 0, between = 0
      for (let s = m; s < S; s += HOUR) {
        let mu = 0
        for (let i = from + s; i < L; i += S) mu += y[i]! / days
        mean[s] = mu
        between += (mu - prior) ** 2 / 23
        for (let i = from + s; i < L; i += S) within += (y[i]! - mu) ** 2 / (days - 1) / 24
      }
      const b = between - within / days
      const kap = P.kappa + (b <= within * 1e-6 ? 1e6 : within / b)
      for (let s = m; s < S; s += HOUR) {
        const mu = mean[s]!
        for (let i = from + s; i < L; i += S) {
          without[i] = ((mu * days - y[i]!) + prior * kap) / (days - 1 + kap)
          err += (v[i]! - without[i]!) ** 2
        }
        mean[s] = (mu * days + prior * kap) / (days + kap)
      }
    }
    return { n, mean, without, err }
  }
  const smooth = model(false), fine = model(true)
  const sharp = fine.err < smooth.err * P.sharp
  const { n, mean, without } = sharp ? fine : smooth
  const alls: Record<number, number> = {}
  const disp = (width: number) => {
    const over = new Float64Array(HOUR), square = new Float64Array(HOUR)
    const perDay = new Float64Array(days)
    for (let i = from + 2; i < L; i++) {
      let x = 0, m = 0
      for (let k = 0; k < width; k++) { x += v[i - k]!; m += without[i - k]! }
      perDay[Math.floor((i - from) / S)]! += (x - m) ** 2
    }
    const ds = Float64Array.from(perDay).sort().reverse()
    const bad = days >= 3 && ds[0]! > P.out * ds[1]! ? perDay.indexOf(ds[0]!) : -1
    for (let i = from + 2; i < L; i++) {
      if (Math.floor((i - from) / S) === bad) continue
      let x = 0, m = 0
      for (let k = 0; k < width; k++) { x += v[i - k]!; m += without[i - k]! }
      over[i % HOUR]! += (x - m) ** 2 - m
      square[i % HOUR]! += m * m
    }
    const al = (o: number, q: number) => (Math.max(0, o) / 2 / width + P.a0 * P.nu) / (q / 2 / width + P.nu)
    const all = al(over.reduce((a, b) => a + b), square.reduce((a, b) => a + b))
    alls[width] = all * P.inflate + P.floor
    return over.map((o, i) => { const a = al(o, square[i]!); return (sharp || a > P.cl * all ? a : all) * P.inflate + P.floor })
  }
  const d1 = disp(1), d3 = disp(3)
  const dOf = (width: number, s: number) => (width === 1 ? d1 : d3)[(s + S) % HOUR]!
  const mOf = (offset: number, width: number) => { let m = 0; for (let k = 0; k < width; k++) m += mean[(offset - k + 3 * S) % S]!; return m }
  const zOf = (x: number, m: number, d: number) => { const q = Math.max(m, P.q); return (x - m) / Math.sqrt(q + q * q * d) }
  const seen = [1, 3].map((width) => {
    const top = new Float64Array(days)
    for (let i = from + 2; i < L; i++) {
      let x = 0, m = 0
      for (let k = 0; k < width; k++) { x += values[i - k]!; m += without[i - k]! }
      const d = Math.floor((i - from) / S)
      top[d] = Math.max(top[d]!, zOf(x, m, alls[width]!))
    }
    return top.sort((a, b) => b - a)[1] ?? 0
  })
  return {
    seen: (width) => seen[width === 1 ? 0 : 1]!,
    z: (offset, width, x) => zOf(x, mOf(offset, width), alls[width]!),
    sharp,
    usual(offset, width) {
      const m = mOf(offset, width)
      return { mean: m, dispersion: dOf(width, offset) + 1 / n / (m || 1e-9) }
    },
  }
}
