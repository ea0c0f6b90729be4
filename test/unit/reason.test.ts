import { reasonOf } from '../../lib/reason'
import { THROWN } from '../fixtures/support/hostile-values'

test('of an error it is the message, or the name of one without', () => {
  expect(reasonOf(new RangeError('odd'))).toBe('odd')
  expect(reasonOf(new RangeError())).toBe('RangeError')
})

test('of anything else it is how that prints, and never nothing', () => {
  expect(reasonOf(7)).toBe('7')
  expect(reasonOf('')).toBe('no reason was given')
})

test.each(Object.entries(THROWN))('it can be told of whatever is thrown: %s', (_, thrown) => {
  expect(reasonOf(thrown())).toMatch(/\S/)
})
