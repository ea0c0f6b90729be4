import { ErrorCodes } from '../../../lib/legacy/errors'
import { errorCodes, rdkafkaError } from './fake'

const codes = errorCodes()

it('finds the code and the full description of an error that lost them', () => {
  expect(codes.toNative(rdkafkaError(-1, 'broker transport failure'))).toMatchObject({
    code: -195,
    message: 'Local: Broker transport failure',
    isFatal: false,
    isRetriable: true,
  })
  expect(codes.toNative(new Error('Local: Erroneous state'))).toMatchObject({ code: -172 })
})

it('keeps a code, and a message that says more than its description', () => {
  expect(codes.toNative(rdkafkaError(22, 'specified group generation id is not valid'))).toMatchObject({
    code: 22,
    message: 'Broker: Specified group generation id is not valid',
  })
  expect(codes.toNative(rdkafkaError(22, 'while it was closed'))).toMatchObject({
    code: 22,
    message: 'while it was closed',
  })
})

it('keeps the flags, and knows the fatal error', () => {
  const flagged = Object.assign(rdkafkaError(22), { isFatal: true, isRetriable: true })
  expect(codes.toNative(flagged)).toMatchObject({ isFatal: true, isRetriable: true, cause: flagged })
  expect(codes.toNative(rdkafkaError(-1, 'fatal error'))).toMatchObject({ code: -150, isFatal: true })
})

it('makes an error of anything', () => {
  expect(codes.toNative({ message: 'odd', code: -1 })).toMatchObject({ code: -1, message: 'odd' })
  expect(codes.toNative('text')).toMatchObject({ code: -1, message: 'text' })
  expect(codes.toNative(undefined)).toMatchObject({ code: -1, message: 'undefined' })
})

it("takes librdkafka's descriptions from the addon", () => {
  expect(new ErrorCodes().toNative(rdkafkaError(-1, 'timed out'))).toMatchObject({ code: -185 })
})
