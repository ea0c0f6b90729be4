'use strict'
// Two projects. Tests that need no broker of their own run in parallel. All others need Kafka, which is started once for
// them, and run one file at a time: they measure latencies, memory and throughput.
const { markWorkerExits } = require('./scripts/jest/worker-exits')

markWorkerExits()

const isSanitized = process.env.RDKAFKA_TIERS_SANITIZE === 'address'

/** @type {import('jest').Config} */
const common = {
  testEnvironment: '<rootDir>/scripts/jest/environment.js',
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^rdkafka-tiers$': '<rootDir>/lib/index.ts',
    '^rdkafka-tiers/testing$': '<rootDir>/lib/testing.ts',
    '^rdkafka-tiers/node-rdkafka$': '<rootDir>/lib/node-rdkafka.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build', '<rootDir>/.deps'],
  // Mocks of one test must not reach the next.
  restoreMocks: true,
}

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['unit', 'types', 'lifecycle'].map((part) => `<rootDir>/test/${part}/**/*.test.ts`),
    },
    {
      ...common,
      displayName: 'kafka',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['unit', 'types', 'lifecycle', 'sanitizers'].map((part) => `<rootDir>/test/${part}/`),
      runner: '<rootDir>/scripts/jest/one-worker-runner.js',
      globalSetup: '<rootDir>/test/helpers/global-setup.ts',
      globalTeardown: '<rootDir>/test/helpers/global-teardown.ts',
    },
    // Needs an addon built for it: scripts/test-sanitized.js.
    ...(isSanitized
      ? [{ ...common, displayName: 'sanitizers', testMatch: ['<rootDir>/test/sanitizers/*.test.ts'] }]
      : []),
  ],
  // On a busy machine, or under a sanitizer, all takes longer: see test/helpers/wait.ts.
  testTimeout: 60_000 * Number(process.env.RDKAFKA_TIERS_PATIENCE ?? 1),
  // Most of them wait for most of their time.
  maxWorkers: 3,
  reporters: ['default', '<rootDir>/scripts/jest/reporter.js'],
  // Coverage is measured with --coverage: `npm test` gives it, a selection of tests does not.
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageProvider: 'babel',
  coverageReporters: ['text', 'lcovonly', 'json-summary'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
}
