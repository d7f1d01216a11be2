/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Against what hangs: on a busy machine, under a sanitizer, some tests take more than jest's five seconds.
  testTimeout: 60_000,
  roots: ['<rootDir>/test'],
  setupFiles: ['<rootDir>/test/helpers/quiet_warnings.ts'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
  moduleNameMapper: {
    '^gradtape$': '<rootDir>/lib/index.ts',
    '^gradtape/plot$': '<rootDir>/lib/plot/index.ts',
    '^gradtape/jest$': '<rootDir>/lib/jest/index.ts',
    '^gradtape/serving$': '<rootDir>/lib/serving/index.ts',
  },
};
