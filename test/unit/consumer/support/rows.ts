// Rows as the addon delivers them, made by hand.
import { Block, packRows, type Row } from '../../../../lib/message/block'

/** A row of slot 0 at offset 0 with neither key, value nor headers, unless told otherwise. */
export function row(fields: Partial<Row> = {}): Row {
  return {
    offset: 0,
    timestamp: 1_700_000_000_000,
    timestampType: 1,
    slot: 0,
    leaderEpoch: -1,
    key: null,
    value: null,
    headers: null,
    ...fields,
  }
}

/** Rows of one slot at consecutive offsets, with their offset as value. */
export function run(count: number, fields: Partial<Row> = {}): Row[] {
  const first = fields.offset ?? 0
  return Array.from({ length: count }, (_, index) =>
    row({ value: Buffer.from(String(first + index)), ...fields, offset: first + index }),
  )
}

export function blockOf(rows: readonly Row[], epoch = 0): Block {
  return new Block(packRows(rows, epoch))
}
