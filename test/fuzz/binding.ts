// Calls every function of the addon with arguments that nobody means, on receivers that do not fit, after their end and
// from inside callbacks. Only JavaScript errors may come of it; the process says at its end how many calls there were.
//
//   npm run test:fuzz -- --calls 1000000 --seed 4711
import { binding, PollMode, type Binding } from '../../lib/binding'
import { Random } from '../helpers/random'
import { hostile } from './hostile'
import { countOr, seed } from './options'

type Method = (this: unknown, ...args: unknown[]) => unknown
type Target = Record<string, Method>

const MAX_TARGETS = 10
/** From inside a callback; deeper than that would only be the same. */
const MAX_DEPTH = 3
/** These wait for as long as they are told, or for a coordinator. */
const BLOCKING = new Set(['commitSync', 'shutdown'])
const COUNTS = [0, 1, 2, 3, -1, NaN, 1.5]

const calls = countOr(1_000_000)
const random = new Random(seed)
const addon: Binding = binding()
const functions = addon as unknown as Target
const targets: Target[] = []
const tally = { calls: 0, returned: 0, thrown: 0, settled: 0, rejected: 0, callbacks: 0 }
const perFunction = new Map<string, number>()
let depth = 0
let cluster = ''

function call(name: string, receiver: unknown, method: Method, args: unknown[]): unknown {
  tally.calls++
  perFunction.set(name, (perFunction.get(name) ?? 0) + 1)
  try {
    const value = method.apply(receiver, args)
    tally.returned++
    if (value instanceof Promise) {
      value.then(
        () => tally.settled++,
        (error: unknown) => {
          expectError(name, error)
          tally.rejected++
        },
      )
    }
    return value
  } catch (error) {
    expectError(name, error)
    tally.thrown++
    return undefined
  }
}

/** What an argument throws may be anything; what the addon throws is an Error. */
function expectError(name: string, error: unknown): void {
  if (!(error instanceof Error)) throw new Error(`${name} threw ${String(error)}, which is no Error`)
}

function onWake(): void {
  tally.callbacks++
  if (depth >= MAX_DEPTH) return
  depth++
  for (let i = 0; i < 2; i++) step()
  depth--
  if (random.next() < 0.01) throw new Error('thrown by a callback')
}

const mode = (): number => random.integer(0, 1)
const conf = (): string[] => [
  ...['bootstrap.servers', random.next() < 0.7 ? cluster : '127.0.0.1:1'],
  ...['group.id', `g${random.integer(0, 3)}`, 'session.timeout.ms', '6000', 'auto.offset.reset', 'earliest'],
  ...['fetch.wait.max.ms', '10', 'enable.partition.eof', random.pick(['true', 'false'])],
]

function create(): void {
  const made = random.pick<() => unknown>([
    () => call('createConsumer', addon, functions['createConsumer'] as Method, [conf(), mode(), onWake, 100, 65_536]),
    () => call('createConsumer', addon, functions['createConsumer'] as Method, [conf(), mode(), onWake, 100, 65_536]),
    () =>
      call('createProducer', addon, functions['createProducer'] as Method, [['bootstrap.servers', cluster], onWake]),
    () => call('createMockCluster', addon, functions['createMockCluster'] as Method, [random.integer(1, 3), onWake]),
    // With one argument that does not fit, whatever it makes.
    () => {
      const args: unknown[] = [conf(), mode(), onWake, 100, 65_536]
      args[random.integer(0, args.length - 1)] = hostile(random)
      return call('createConsumer', addon, functions['createConsumer'] as Method, args)
    },
    () => call('createProducer', addon, functions['createProducer'] as Method, [hostile(random), hostile(random)]),
    () =>
      call('createMockCluster', addon, functions['createMockCluster'] as Method, [
        random.pick(COUNTS),
        hostile(random),
      ]),
  ])()
  if (typeof made === 'object' && made !== null) add(made as Target)
}

function add(target: Target): void {
  targets.push(target)
  if ('createTopic' in target) {
    call('createTopic', target, target['createTopic'], ['t', 3, 1])
    const servers = call('bootstrapServers', target, target['bootstrapServers'] as Method, [])
    cluster = typeof servers === 'string' ? servers : ''
  } else if ('subscribe' in target && random.next() < 0.7) {
    call('subscribe', target, target['subscribe'], [['t']])
  }
}

function methodsOf(target: Target): string[] {
  const names = new Set<string>()
  for (let at: unknown = target; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (typeof target[name] === 'function') names.add(name)
  }
  names.delete('constructor')
  return [...names].filter((name) => !BLOCKING.has(name))
}

const offsets = (): unknown[] => ['t', random.integer(0, 2), random.integer(0, 5), -1, '']
const partitions = (): unknown[] => ['t', random.integer(0, 2)]
/** As they are meant: without some of these there would be nothing to disturb. */
const MEANT: Readonly<Record<string, () => unknown[]>> = {
  poll: () => [random.pick([0, 1, 32])],
  slots: () => [random.integer(0, 3)],
  subscribe: () => [['t']],
  assign: () => [offsets()],
  incrementalAssign: () => [offsets()],
  incrementalUnassign: () => [offsets()],
  pause: () => [partitions()],
  resume: () => [partitions()],
  seek: () => [offsets(), 100],
  commit: () => [offsets()],
  committed: () => [partitions(), 100],
  offsetsForTimes: () => [['t', 0, 0, -1, ''], 100],
  watermarks: () => ['t', 0, 100],
  metadata: () => [null, 100],
  produce: () => ['t', random.integer(-1, 2), null, Buffer.alloc(random.integer(0, 2000)), null, 0],
  setBrokerUp: () => [1, random.next() < 0.8],
}

function argumentsOf(name: string): unknown[] {
  if (random.next() < 0.4) return MEANT[name]?.() ?? []
  const args: unknown[] = Array.from({ length: random.integer(0, 6) }, () => hostile(random))
  // How many partitions and replicas there are to be is a matter of memory, not of right and wrong.
  if (name === 'createTopic') for (const at of [1, 2]) args[at] = random.pick<unknown>([...COUNTS, 'x', undefined, {}])
  return args
}

function step(): void {
  if (targets.length === 0 || random.next() < 0.002) return create()
  const target = random.pick(targets)
  const name = random.pick(methodsOf(target))
  const method = target[name] as Method
  if (random.next() < 0.05) {
    // A receiver that is none.
    const receiver = random.next() < 0.5 ? random.pick(targets) : hostile(random)
    call(name, receiver, method, argumentsOf(name))
    return
  }
  // Ends are rarer than all else, or everything would be at its end.
  if ((name === 'destroy' || name === 'beginClose') && random.next() < 0.97) return
  call(name, target, method, argumentsOf(name))
}

function topLevel(): void {
  const name = random.pick(['dumpConfiguration', 'errorName', 'errorMessage', 'counters'] as const)
  call(name, random.next() < 0.9 ? addon : hostile(random), functions[name] as Method, argumentsOf(name))
}

async function main(): Promise<void> {
  // Thrown by a callback of ours, as it should be, or by Map, which is no callback; what else comes ends the process.
  process.on('uncaughtException', (error) => {
    if (!/thrown by|^Constructor Map requires 'new'$/.test(error.message)) throw error
  })
  // One of each, so that every function has its turn.
  for (const made of [
    addon.createMockCluster(2, onWake),
    addon.createProducer(['bootstrap.servers', '127.0.0.1:1'], onWake),
    addon.createConsumer(conf(), PollMode.Direct, onWake, 100, 65_536),
  ]) {
    add(made as unknown as Target)
  }
  while (tally.calls < calls) {
    for (let i = 0; i < 200; i++) {
      if (random.next() < 0.05) topLevel()
      else step()
    }
    while (targets.length > MAX_TARGETS) {
      const target = targets.splice(random.integer(0, targets.length - 1), 1)[0] as Target
      if (random.next() < 0.8) call('destroy', target, target['destroy'] as Method, [])
    }
    if (random.next() < 0.1) globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const target of targets.splice(0)) call('destroy', target, target['destroy'] as Method, [])
  addon.shutdown(5000)
  const least = Math.min(...perFunction.values())
  console.log(JSON.stringify({ seed, ...tally, functions: perFunction.size, leastOfOne: least }))
  process.exit(0)
}

void main()
