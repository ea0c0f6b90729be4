// What node-rdkafka's JavaScript hangs on its native client: what turns librdkafka's codes into errors, events, calls of
// user functions, and the answers to rebalances.
import { ERROR_CODES } from './codes'
import type { Conf } from './conf'
import { codeError, reparsed } from './errors'
import type { ClientCallbacks, TierInstance } from './instance'
import type { Toppar } from './toppar'

type UserFunction = (this: unknown, error: unknown, list: Toppar[]) => unknown

/** Functions take the place of `rebalance_cb` and `offset_commit_cb` in `conf`, as node-rdkafka puts them there. */
export function wrapCallbacks(consumer: TierInstance, conf: Record<string, unknown>): void {
  const { rebalance_cb: onRebalance, offset_commit_cb: onCommit } = conf
  if (onRebalance === true) conf['rebalance_cb'] = answering(consumer)
  else if (typeof onRebalance === 'function') conf['rebalance_cb'] = telling(consumer, onRebalance as UserFunction)
  if (onCommit !== true && typeof onCommit !== 'function') return
  conf['offset_commit_cb'] = (code: number | undefined, offsets: Toppar[]): void => {
    const error = code === undefined ? undefined : codeError(code)
    consumer.emit('offset.commit', error, offsets)
    if (typeof onCommit === 'function') (onCommit as UserFunction).call(consumer, error, offsets)
  }
}

export function callbacksOf(
  consumer: TierInstance,
  conf: Conf,
  topicConf: Conf | undefined,
  hasEvents: boolean,
): ClientCallbacks {
  return {
    global: functionsOf(conf),
    topic: functionsOf(topicConf ?? {}),
    event: hasEvents ? { event_cb: emitting(consumer) } : {},
  }
}

function functionsOf(conf: Conf): object {
  return Object.fromEntries(Object.entries(conf).filter(([, value]) => typeof value === 'function'))
}

function answering(consumer: TierInstance): ClientCallbacks['global']['rebalance_cb'] {
  return (code, assignment) => {
    try {
      consumer.emit('rebalance', codeError(code), assignment)
    } finally {
      // Whatever a listener throws: unanswered, the group would wait.
      answer(consumer, code, assignment)
    }
  }
}

/** What a rebalance is answered with. */
export type Answering = Pick<
  TierInstance,
  'rebalanceProtocol' | 'assign' | 'unassign' | 'incrementalAssign' | 'incrementalUnassign' | 'isConnected' | 'emit'
>

/** By the methods of the consumer, for a subclass may have its own. */
export function answer(consumer: Answering, code: number, assignment: Toppar[]): void {
  try {
    const isCooperative = consumer.rebalanceProtocol() === 'COOPERATIVE'
    if (code === ERROR_CODES.ERR__ASSIGN_PARTITIONS) {
      if (isCooperative) consumer.incrementalAssign(assignment)
      else consumer.assign(assignment)
    } else if (code === ERROR_CODES.ERR__REVOKE_PARTITIONS) {
      if (isCooperative) consumer.incrementalUnassign(assignment)
      else consumer.unassign()
    }
  } catch (error) {
    if (consumer.isConnected()) consumer.emit('rebalance.error', error)
  }
}

function telling(consumer: TierInstance, onRebalance: UserFunction): ClientCallbacks['global']['rebalance_cb'] {
  return (code, assignment) => {
    const error = codeError(code)
    try {
      consumer.emit('rebalance', error, assignment)
    } finally {
      onRebalance.call(consumer, error, assignment)
    }
  }
}

function emitting(consumer: TierInstance): ClientCallbacks['event']['event_cb'] {
  return (type, data) => {
    if (type === 'error') consumer.emit('event.error', reparsed(data as Error))
    else if (type === 'stats' || type === 'log') consumer.emit(`event.${type}`, data)
    else {
      consumer.emit('event.event', data)
      consumer.emit(`event.${type}`, data)
    }
  }
}
