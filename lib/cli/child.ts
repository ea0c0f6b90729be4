// The process of one measurement (fork.ts).
import { LoadError } from '../errors'
import type { Told } from './fork'
import { measure, type MeasureJob } from './measure'
import { reasonOf } from '../reason'

function tell(told: Told, then: () => void = () => undefined): void {
  process.send?.(told, then)
}

process.once('message', (job: MeasureJob) => {
  measure(job, (messages, total) => tell({ type: 'progress', messages, total })).then(
    (figures) => tell({ type: 'measured', figures }, () => process.exit(0)),
    (error: unknown) => {
      const reason = reasonOf(error)
      tell({ type: 'failed', reason, isUnavailable: error instanceof LoadError }, () => process.exit(1))
    },
  )
})
// Whoever asked has left.
process.once('disconnect', () => process.exit(1))
