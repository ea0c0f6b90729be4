// The process of one measurement (fork.ts).
import { LoadError } from '../errors'
import type { Told } from './fork'
import { measure, type MeasureJob } from './measure'

function tell(told: Told, then: () => void = () => undefined): void {
  process.send?.(told, then)
}

process.once('message', (job: MeasureJob) => {
  measure(job, (messages, total) => tell({ type: 'progress', messages, total })).then(
    (figures) => tell({ type: 'measured', figures }, () => process.exit(0)),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      tell({ type: 'failed', reason, isUnavailable: error instanceof LoadError }, () => process.exit(1))
    },
  )
})
// Whoever asked has left.
process.once('disconnect', () => process.exit(1))
