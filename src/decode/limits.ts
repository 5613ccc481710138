/** What decoding takes of a record at most; the settings `limits` are of this form. */
export interface Limits {
  readonly maxRecordBytes: number
  readonly maxEventsPerRecord: number
  readonly maxMessageChars: number
  readonly maxTraceChars: number
  readonly maxContextKeys: number
  readonly maxContextValueChars: number
}
