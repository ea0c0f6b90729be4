import { settled } from './fake'
import { Watchdog } from '../../../lib/legacy/watchdog'

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] })
})
afterEach(() => {
  jest.useRealTimers()
})

async function intervals(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    jest.advanceTimersByTime(2000)
    await settled()
  }
}

it('asks only when nothing was heard, and is content with an answer', async () => {
  const ask = jest.fn(() => Promise.resolve())
  const onSilence = jest.fn()
  const watchdog = new Watchdog(ask, onSilence)
  watchdog.start()
  for (let i = 0; i < 5; i++) {
    watchdog.heard()
    await intervals(1)
  }
  expect(ask).not.toHaveBeenCalled()
  await intervals(20)
  expect(ask).toHaveBeenCalledTimes(10)
  expect(onSilence).not.toHaveBeenCalled()
  watchdog.stop()
  await intervals(20)
  expect(ask).toHaveBeenCalledTimes(10)
})

it('reports silence once, when a question has gone unanswered for three intervals', async () => {
  const onSilence = jest.fn()
  const watchdog = new Watchdog(() => new Promise(() => undefined), onSilence)
  watchdog.start()
  await intervals(4)
  expect(onSilence).not.toHaveBeenCalled()
  await intervals(1)
  expect(onSilence).toHaveBeenCalledTimes(1)
  await intervals(10)
  expect(onSilence).toHaveBeenCalledTimes(1)
})

it('takes any sign of life for an answer', async () => {
  const onSilence = jest.fn()
  const watchdog = new Watchdog(() => Promise.reject(new Error('closed')), onSilence)
  watchdog.start()
  for (let i = 0; i < 10; i++) {
    await intervals(3)
    watchdog.heard()
  }
  expect(onSilence).not.toHaveBeenCalled()
  watchdog.stop()
})
