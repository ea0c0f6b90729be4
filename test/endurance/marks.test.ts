// The ledger of constant size tells what was lost, repeated or out of order, whoever wrote it before.
import { join } from 'node:path'
import { TemporaryDirectory } from '../helpers/guard'
import { Marks, readMarks, violationsOf } from './marks'

let directory: TemporaryDirectory
let file: string
const open: Marks[] = []

beforeEach(() => {
  directory = new TemporaryDirectory('marks')
  file = join(directory.path, 'marks')
})

afterEach(() => {
  for (const marks of open.splice(0)) marks.close()
  directory.remove()
})

function member(): Marks {
  const marks = new Marks(file, 2)
  open.push(marks)
  return marks
}

function read(marks: Marks, partition: number, from: number, to: number): void {
  for (let offset = from; offset < to; offset++) {
    marks.delivered(partition, offset)
    marks.handled(partition, offset + 1)
  }
}

const NOTHING = { lost: 0, again: 0, rewound: 0, disordered: 0, stale: 0 }

it('finds nothing where each member goes on where the last one was', () => {
  const first = member()
  first.begin(0)
  read(first, 0, 0, 10)
  const second = member()
  second.begin(0)
  second.begin(1)
  read(second, 0, 10, 12)
  read(second, 1, 0, 3)
  expect(readMarks(file, 2).nextToHandle).toEqual([12, 3])
  expect(readMarks(file, 2).tally).toEqual({ ...NOTHING, begun: 3 })
})

it('counts what a member begins behind, and what is left out within an ownership', () => {
  const first = member()
  first.begin(0)
  read(first, 0, 2, 10)
  const second = member()
  second.begin(0)
  read(second, 0, 15, 20)
  read(second, 0, 21, 22)
  expect(readMarks(file, 2).tally).toEqual({ ...NOTHING, lost: 2 + 5 + 1, begun: 2 })
  expect(violationsOf(readMarks(file, 2).tally)).toEqual(['lost: 8 messages'])
})

it('tells what comes again from what comes again although it was committed', () => {
  const first = member()
  first.begin(0)
  read(first, 0, 0, 10)
  first.committed(0, 6)
  const second = member()
  second.begin(0)
  read(second, 0, 6, 12)
  expect(readMarks(file, 2).tally).toEqual({ ...NOTHING, again: 4, begun: 2 })
  expect(violationsOf(readMarks(file, 2).tally)).toEqual([])
  const third = member()
  third.begin(0)
  read(third, 0, 5, 13)
  expect(readMarks(file, 2).tally).toEqual({ ...NOTHING, again: 11, rewound: 1, begun: 3 })
  expect(violationsOf(readMarks(file, 2).tally)).toEqual(['rewound: 1 messages'])
})

it('finds what is out of order, and what comes of a partition that is not assigned', () => {
  const marks = member()
  marks.begin(0)
  read(marks, 0, 0, 5)
  read(marks, 0, 3, 4)
  marks.end(0)
  read(marks, 0, 5, 6)
  expect(readMarks(file, 2).tally).toEqual({ ...NOTHING, disordered: 1, stale: 1, begun: 2 })
})

it('knows after a SIGKILL what was written before', () => {
  const marks = member()
  marks.begin(1)
  read(marks, 1, 0, 7)
  marks.committed(1, 5)
  // Not closed, and not asked to write anything.
  const { nextToHandle, answeredCommits } = readMarks(file, 2)
  expect({ nextToHandle, answeredCommits }).toEqual({ nextToHandle: [0, 7], answeredCommits: [0, 5] })
})
