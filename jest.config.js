/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
  moduleNameMapper: {
    '^gradtape$': '<rootDir>/lib/index.ts',
    '^gradtape/plot$': '<rootDir>/lib/plot/index.ts',
  },
};
