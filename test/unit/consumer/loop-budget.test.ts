import { LoopBudget } from '../../../lib/consumer/loop-budget'

let now = 0

beforeEach(() => {
  now = 1000
  jest.spyOn(performance, 'now').mockImplementation(() => now)
})

/** How many calls it takes, each lasting `callMs`, until the budget is spent. */
function callsUntilSpent(budget: LoopBudget, callMs: number): number {
  for (let calls = 1; ; calls++) {
    now += callMs
    if (budget.isSpent()) return calls
  }
}

describe('a loop budget', () => {
  it('is not spent at first, and stays so while no time passes', () => {
    const budget = new LoopBudget()
    expect(Array.from({ length: 5000 }, () => budget.isSpent())).not.toContain(true)
  })

  it('is spent after some milliseconds of quick calls', () => {
    const budget = new LoopBudget()
    const began = now
    expect(callsUntilSpent(budget, 0.001)).toBeGreaterThan(1000)
    expect(now - began).toBeGreaterThan(8)
    expect(now - began).toBeLessThan(9)
  })

  it('stays spent until the loop has turned', () => {
    const budget = new LoopBudget()
    callsUntilSpent(budget, 1)
    expect([budget.isSpent(), budget.isSpent()]).toEqual([true, true])
    budget.turned()
    expect(budget.isSpent()).toBe(false)
  })

  it('can be spent at once, until the loop has turned', () => {
    const budget = new LoopBudget()
    budget.spend()
    expect([budget.isSpent(), budget.isSpent()]).toEqual([true, true])
    budget.turned()
    expect(budget.isSpent()).toBe(false)
  })

  it('reads the clock at every call once calls have shown to be slow', () => {
    const budget = new LoopBudget()
    callsUntilSpent(budget, 20)
    budget.turned()
    callsUntilSpent(budget, 20)
    budget.turned()
    expect(callsUntilSpent(budget, 20)).toBe(1)
  })

  it('seldom reads the clock while calls are quick', () => {
    const budget = new LoopBudget()
    const read = jest.spyOn(performance, 'now').mockClear()
    for (let call = 0; call < 100_000; call++) budget.isSpent()
    expect(read.mock.calls.length).toBeLessThan(100_000 / 10)
    expect(read.mock.calls.length).toBeGreaterThan(0)
  })

  it('counts the messages of a batch, not its calls', () => {
    const budget = new LoopBudget()
    now += 20
    expect(budget.isSpent(1)).toBe(false)
    expect(budget.isSpent(100)).toBe(true)
  })

  it('turn() lets timers and I/O run, and then there is a new budget', async () => {
    const budget = new LoopBudget()
    callsUntilSpent(budget, 1)
    let hasTurned = false
    setImmediate(() => (hasTurned = true))
    await budget.turn()
    expect(hasTurned).toBe(true)
    expect(budget.isSpent()).toBe(false)
  })
})
