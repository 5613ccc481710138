/**
 * Alerts in, notifications out: who is to be told of what, and when. Holds the groups of all receivers; no clock, no network, no chance: the time comes in,
 * so the same calls give the same notifications with the same ids, in whichever process.
 *
 *   observe ──> groups ──plan──> notifications (open) ──sent | failed──> groups
 *                 └──takeChanges──> records to keep ──restore──> groups, and what was open
 *
 * The order that makes it safe: what `plan` opens is sent only after `takeChanges` was kept. Then a process that takes over knows what may have been sent,
 * and sends the same again under the same id, unless it knows that it was sent. Records of one `takeChanges` are in an order of which every beginning is a
 * good state, should the rest be lost.
 *
 * `observe` may repeat what it said: only news counts. What fires but is not known is taken up at any time, so evaluation passes in all that fires.
 */
import type { Alert, Notification } from '../alert.ts'
import {
  dropFinished,
  newGroup,
  openDue,
  reopen,
  settleFailed,
  settleSent,
  take,
  toldBy,
  wakeAtMs,
  worstRank,
  type Group,
  type SuppressionOf,
  type Trouble,
} from './group.ts'
import { isFor, labelOf, type Policy } from './policy.ts'
import { alertKeyOf, groupKey, readRecord, writeEntry, writeGroup, type SavedRecord } from './records.ts'

/** Of one receiver. What is above that waits outside: it is observed again while it fires. */
export const MAX_ENTRIES = 20_000
/** A group that has nothing more to tell is kept so long for its trouble to be seen. */
const KEEP_TROUBLE_MS = 24 * 3_600_000

export interface Troubled {
  readonly receiver: string
  readonly group: string
  readonly trouble: Trouble
}

/** One receiver. */
interface Listener {
  readonly policy: Policy
  readonly groups: Map<string, Group>
  /** The group that each known alert is in, by the alert's key. */
  readonly groupOfAlert: Map<string, Group>
}

export class Schedule {
  readonly #listeners: ReadonlyMap<string, Listener>
  readonly #maxEntries: number
  readonly #wakeAtMs = new Map<Group, number>()
  /** Changed since `takeChanges`: alerts by group, groups, and keys of records that go. */
  readonly #changedAlerts = new Map<Group, Set<string>>()
  readonly #changedGroups = new Set<Group>()
  readonly #goneAlerts = new Set<string>()
  readonly #goneGroups = new Set<string>()

  constructor(policies: readonly Policy[], { maxEntries = MAX_ENTRIES }: { maxEntries?: number } = {}) {
    this.#listeners = new Map(policies.map((policy) => [policy.receiver, { policy, groups: new Map(), groupOfAlert: new Map() }]))
    this.#maxEntries = maxEntries
  }

  /** To be called once, first. What was open, to be sent again; and how many records were of receivers that are no more. */
  restore(records: Iterable<SavedRecord>): { readonly open: readonly Notification[]; readonly forgotten: number } {
    let forgotten = 0
    for (const { key, value } of records) {
      if (value === null) continue
      const record = readRecord(key, value)
      const listener = this.#listeners.get(record.receiver)
      if (listener === undefined) {
        this.#goneGroups.add(key)
        forgotten++
        continue
      }
      const group = this.#group(listener, record.label)
      if (record.kind === 'group') {
        const { open, lastOpenedAtMs, failures, pausedUntilMs, trouble } = record
        Object.assign(group, { open, lastOpenedAtMs, failures, pausedUntilMs, trouble })
      } else {
        const { now, next, frozenBy, said } = record
        group.entries.set(now.alert.key, { now, next, frozenBy, said })
        listener.groupOfAlert.set(now.alert.key, group)
      }
    }
    return { open: this.#reopen(), forgotten }
  }

  /** How many alerts found no room. */
  observe(alerts: readonly Alert[], nowMs: number): number {
    let refused = 0
    for (const listener of this.#listeners.values()) {
      for (const alert of alerts) if (!this.#take(listener, alert, nowMs)) refused++
    }
    return refused
  }

  /** After a take-over: these are all that fire, so whatever else we hold as firing has ended while nobody looked. */
  reconcile(firing: readonly Alert[], nowMs: number): void {
    const keys = new Set(firing.map(({ key }) => key))
    for (const listener of this.#listeners.values()) {
      const known = [...listener.groupOfAlert]
        .flatMap(([key, group]) => (keys.has(key) ? [] : [group.entries.get(key)]))
        .map((entry) => (entry?.next ?? entry?.now)?.alert)
      for (const alert of known)
        if (alert?.status === 'firing') this.#take(listener, { ...alert, status: 'resolved', endsAtMs: nowMs }, nowMs)
    }
    this.observe(firing, nowMs)
  }

  /** Opens what is due, at most `room(receiver)` for each receiver. To be sent once `takeChanges` is kept. */
  plan(nowMs: number, suppressionOf: SuppressionOf, room: (receiver: string) => number = () => Infinity): Notification[] {
    const opened: Notification[] = []
    for (const listener of this.#listeners.values()) {
      let left = room(listener.policy.receiver)
      const awake = [...listener.groups.values()].filter((group) => (this.#wakeAtMs.get(group) ?? -Infinity) <= nowMs)
      // What is worst gets the room there is.
      if (awake.length > left) awake.sort((a, b) => worstRank(a) - worstRank(b))
      for (const group of awake) {
        this.#drop(listener, group, dropFinished(group, listener.policy, suppressionOf, nowMs))
        const notification = left > 0 ? openDue(group, listener.policy, suppressionOf, nowMs) : null
        if (notification !== null) {
          opened.push(notification)
          this.#opened(listener, group, notification)
          left--
        }
        this.#close(listener, group, nowMs)
      }
    }
    return opened
  }

  sent(notification: Notification): void {
    this.#settle(notification, (group) => settleSent(group))
  }

  failed(notification: Notification, trouble: Trouble): void {
    this.#settle(notification, (group, { policy }) => settleFailed(group, policy, trouble))
  }

  /**
   * Alerts, then alerts that go, then groups, then groups that go: what an alert has come to is kept before its group forgets the notification that said so.
   * The caller keeps them all, or the beginning of them, or has lost the right to go on.
   */
  takeChanges(): SavedRecord[] {
    const alerts = [...this.#changedAlerts].flatMap(([group, keys]) => [...keys].flatMap((key) => this.#written(group, key)))
    const groups = [...this.#changedGroups].map(writeGroup)
    const written = new Set([...alerts, ...groups].map(({ key }) => key))
    const gone = (keys: ReadonlySet<string>): SavedRecord[] =>
      [...keys].filter((key) => !written.has(key)).map((key) => ({ key, value: null }))
    const records = [...alerts, ...gone(this.#goneAlerts), ...groups, ...gone(this.#goneGroups)]
    for (const changes of [this.#changedAlerts, this.#changedGroups, this.#goneAlerts, this.#goneGroups]) changes.clear()
    return records
  }

  /** Groups whose last notification did not get through. */
  troubles(): Troubled[] {
    return this.#groups().flatMap(({ receiver, label, trouble }) => (trouble === null ? [] : [{ receiver, group: label, trouble }]))
  }

  /** How many alerts are held for the receiver. */
  held(receiver: string): number {
    return this.#listeners.get(receiver)?.groupOfAlert.size ?? 0
  }

  #take(listener: Listener, alert: Alert, nowMs: number): boolean {
    let group = listener.groupOfAlert.get(alert.key)
    const isForOthers = alert.status === 'firing' && !isFor(listener.policy, alert)
    if (group !== undefined && isForOthers) return this.#letGo(listener, group, alert, nowMs)
    if (group === undefined) {
      if (alert.status === 'resolved' || isForOthers) return true
      if (listener.groupOfAlert.size >= this.#maxEntries) return false
      group = this.#group(listener, labelOf(listener.policy, alert))
      listener.groupOfAlert.set(alert.key, group)
    }
    if (take(group, alert, nowMs)) {
      this.#alertChanged(group, alert.key)
      this.#wakeAtMs.delete(group)
    }
    return true
  }

  /** It is not for this receiver any more, since its rule has changed: one that knows of it is told that it ends there. */
  #letGo(listener: Listener, group: Group, alert: Alert, nowMs: number): true {
    const entry = group.entries.get(alert.key)
    if (entry === undefined || (entry.next ?? entry.now).alert.status === 'resolved') return true
    if (entry.frozenBy === null && entry.said?.status !== 'firing') {
      group.entries.delete(alert.key)
      this.#drop(listener, group, [alert.key])
    } else if (take(group, { ...alert, status: 'resolved', endsAtMs: nowMs, ending: 'elsewhere' }, nowMs))
      this.#alertChanged(group, alert.key)
    this.#wakeAtMs.delete(group)
    return true
  }

  #group(listener: Listener, label: string): Group {
    const group = listener.groups.get(label) ?? newGroup(listener.policy.receiver, label)
    listener.groups.set(label, group)
    return group
  }

  /** A receiver that forgets needs no record of what is under way: it is told all again. */
  #opened({ policy }: Listener, group: Group, { alerts }: Notification): void {
    if (policy.resend !== null) return
    this.#groupChanged(
      group,
      alerts.map(({ key }) => key),
    )
  }

  #settle({ receiver, group: label, id }: Notification, settle: (group: Group, listener: Listener) => void): void {
    const listener = this.#listeners.get(receiver)
    const group = listener?.groups.get(label)
    if (listener === undefined || group === undefined || group.open?.id !== id) return
    const keys = toldBy(group, group.open).map(({ now }) => now.alert.key)
    settle(group, listener)
    this.#wakeAtMs.delete(group)
    if (listener.policy.resend === null) this.#groupChanged(group, keys)
  }

  #reopen(): Notification[] {
    return this.#groups().flatMap((group) => {
      const wasOpen = group.open !== null
      const notification = reopen(group)
      if (wasOpen && notification === null) this.#groupChanged(group, [...group.entries.keys()])
      return notification ?? []
    })
  }

  #drop(listener: Listener, group: Group, keys: readonly string[]): void {
    for (const key of keys) {
      listener.groupOfAlert.delete(key)
      this.#changedAlerts.get(group)?.delete(key)
      this.#goneAlerts.add(alertKeyOf(group.receiver, group.label, key))
    }
  }

  /** A group with nothing to tell goes, once its interval is over (or an alert that flaps would be told at every turn) and it has no trouble to show. */
  #close(listener: Listener, group: Group, nowMs: number): void {
    const keepUntilMs = Math.max(
      (group.trouble?.atMs ?? -Infinity) + KEEP_TROUBLE_MS,
      (group.lastOpenedAtMs ?? -Infinity) + listener.policy.groupIntervalMs,
    )
    if (group.entries.size > 0 || group.open !== null || keepUntilMs > nowMs) {
      this.#wakeAtMs.set(group, group.entries.size > 0 ? wakeAtMs(group, listener.policy) : keepUntilMs)
      return
    }
    listener.groups.delete(group.label)
    this.#wakeAtMs.delete(group)
    this.#changedGroups.delete(group)
    this.#changedAlerts.delete(group)
    this.#goneGroups.add(groupKey(group.receiver, group.label))
  }

  #groupChanged(group: Group, keys: readonly string[]): void {
    this.#changedGroups.add(group)
    for (const key of keys) this.#alertChanged(group, key)
  }

  #alertChanged(group: Group, key: string): void {
    const keys = this.#changedAlerts.get(group) ?? new Set()
    this.#changedAlerts.set(group, keys.add(key))
  }

  #written(group: Group, key: string): SavedRecord[] {
    const entry = group.entries.get(key)
    return entry === undefined ? [] : [writeEntry(group, entry, this.#listeners.get(group.receiver)?.policy.resend !== null)]
  }

  #groups(): Group[] {
    return [...this.#listeners.values()].flatMap(({ groups }) => [...groups.values()])
  }
}
