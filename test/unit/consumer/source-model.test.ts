// Whatever is polled, paused, resumed, sought, given back and taken, in whatever order: the source against a model that
// has one list of rows per partition and no buffers.
import fc from 'fast-check'
import { Partitions } from '../../../lib/consumer/partitions'
import { Source } from '../../../lib/consumer/source'
import { FakeNative } from './support/fake-native'
import { row } from './support/rows'

const TOPIC = 't'
const PARTITIONS = 4

interface ModelRow {
  offset: number
  epoch: number
}

interface ModelPartition {
  /** Polled, not delivered, in order. */
  rows: ModelRow[]
  nextOffset: number
  isAssigned: boolean
  isPaused: boolean
  fence: number
}

class Model {
  readonly partitions: ModelPartition[] = Array.from({ length: PARTITIONS }, () => ({
    rows: [],
    nextOffset: 0,
    isAssigned: true,
    isPaused: false,
    fence: 0,
  }))

  deliverable(partition: number): ModelRow[] {
    const { isAssigned, isPaused, rows } = this.partitions[partition] as ModelPartition
    return isAssigned && !isPaused ? rows : []
  }
}

class Real {
  readonly native = new FakeNative()
  readonly partitions = new Partitions(this.native)
  readonly source = new Source(this.native, this.partitions, 32, () => undefined)

  constructor() {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      this.native.slot(TOPIC, partition)
      this.partitions.assign(TOPIC, partition, 0, undefined)
    }
  }
}

type Command = fc.Command<Model, Real>

/** Queues rows of these partitions, in one buffer, to be polled in parts. */
class Poll implements Command {
  constructor(
    readonly slots: readonly number[],
    readonly parts: number,
  ) {}

  check = () => true

  run(model: Model, { native, source }: Real): void {
    const rows = this.slots.map((slot) => {
      const partition = model.partitions[slot] as ModelPartition
      const offset = partition.nextOffset++
      // What is not assigned, or lies behind a fence, will never be delivered.
      if (partition.isAssigned && native.epoch >= partition.fence) partition.rows.push({ offset, epoch: native.epoch })
      return row({ slot, offset })
    })
    const size = Math.ceil(rows.length / this.parts)
    const parts: number[] = []
    for (let from = 0; from < rows.length; from += size) parts.push(Math.min(size, rows.length - from))
    native.give(rows, parts)
    while (source.pull());
  }

  toString = () => `poll(${this.slots.join()} in ${this.parts})`
}

class Take implements Command {
  constructor(
    readonly count: number,
    readonly asRun: boolean,
  ) {}

  check = () => true

  run(model: Model, { source }: Real): void {
    for (let taken = 0; taken < this.count;) {
      if (!source.nextRow()) {
        for (let partition = 0; partition < PARTITIONS; partition++) expect(model.deliverable(partition)).toEqual([])
        return
      }
      const end = source.row + (this.asRun ? source.run(this.count - taken) : 1)
      for (; source.row < end; source.row++, taken++) {
        const { block } = source
        const expected = model.deliverable(block.slot(source.row)).shift()
        expect({ offset: block.offset(source.row), epoch: block.epoch }).toEqual(expected)
      }
    }
  }

  toString = () => `take(${this.count}${this.asRun ? ', as runs' : ''})`
}

abstract class OfPartition implements Command {
  constructor(readonly partition: number) {}

  check = (model: Readonly<Model>): boolean => this.mayRun(this.of(model))

  run(model: Model, real: Real): void {
    this.change(this.of(model), real)
  }

  toString(): string {
    return `${this.constructor.name}(${this.partition})`
  }

  mayRun({ isAssigned }: ModelPartition): boolean {
    return isAssigned
  }

  abstract change(partition: ModelPartition, real: Real): void

  of(model: Readonly<Model>): ModelPartition {
    return model.partitions[this.partition] as ModelPartition
  }
}

class Pause extends OfPartition {
  change(partition: ModelPartition, { partitions }: Real): void {
    partition.isPaused = true
    const state = partitions.get(TOPIC, this.partition)
    if (state !== undefined) partitions.setPaused(state, true)
  }
}

class Resume extends OfPartition {
  change(partition: ModelPartition, { partitions, source }: Real): void {
    partition.isPaused = false
    const state = partitions.get(TOPIC, this.partition)
    if (state !== undefined) partitions.setPaused(state, false)
    source.release()
  }
}

class Seek extends OfPartition {
  change(partition: ModelPartition, { native, partitions }: Real): void {
    partition.fence = ++native.epoch
    partition.rows = []
    partition.nextOffset = 1000 * native.epoch
    const state = partitions.get(TOPIC, this.partition)
    if (state !== undefined) partitions.seek(state, native.epoch, partition.nextOffset)
  }
}

class Revoke extends OfPartition {
  change(partition: ModelPartition, { native, partitions }: Real): void {
    native.epoch++
    partition.isAssigned = false
    partition.isPaused = false
    partition.rows = []
    partitions.revoke(TOPIC, this.partition)
  }
}

class Assign extends OfPartition {
  override mayRun({ isAssigned }: ModelPartition): boolean {
    return !isAssigned
  }

  change(partition: ModelPartition, { native, partitions }: Real): void {
    partition.isAssigned = true
    partition.fence = ++native.epoch
    partitions.assign(TOPIC, this.partition, native.epoch, undefined)
  }
}

const partition = fc.integer({ min: 0, max: PARTITIONS - 1 })
const commands = [
  fc
    .tuple(fc.array(partition, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }))
    .map(([slots, parts]) => new Poll(slots, parts)),
  fc.tuple(fc.integer({ min: 1, max: 8 }), fc.boolean()).map(([count, asRun]) => new Take(count, asRun)),
  partition.map((each) => new Pause(each)),
  partition.map((each) => new Resume(each)),
  partition.map((each) => new Seek(each)),
  partition.map((each) => new Revoke(each)),
  partition.map((each) => new Assign(each)),
]

describe('a source', () => {
  it('delivers each current row of what is not paused once, in order within its partition, and no other', () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 60, size: 'max' }), (sequence) => {
        const model = new Model()
        const real = new Real()
        fc.modelRun(() => ({ model, real }), sequence)
        // In the end, with everything resumed, everything comes.
        for (let each = 0; each < PARTITIONS; each++) {
          const resume = new Resume(each)
          if (resume.check(model)) resume.run(model, real)
        }
        new Take(10_000, false).run(model, real)
      }),
      { numRuns: 500 },
    )
  })
})
