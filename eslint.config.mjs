import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import gradtape from './eslint/plugin.js';

export default tseslint.config(
  {
    ignores: [
      'npm/',
      'build-prebuilds/',
      'build/',
      'build-*/',
      'dist/',
      'prebuilds/',
      'coverage/',
      'docs/site/',
      'docs/examples/',
      'out/',
      'test/golden/fixtures/',
    ],
  },
  eslint.configs.recommended,
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Text that a terminal must not see is looked for on purpose.
      'no-control-regex': 'off',
      'no-constructor-return': 'error',
      'no-promise-executor-return': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'require',
          'module',
          '__dirname',
          '__filename',
          'process',
          'console',
          'performance',
          'Buffer',
          'URL',
          'gc',
        ]
          .concat(['setTimeout', 'clearTimeout', 'setImmediate', 'globalThis', 'structuredClone'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // int64 elements are bigints, shapes are numbers: both are written into messages.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ['lib/**/*.ts'],
    plugins: { gradtape },
    rules: {
      'gradtape/import-chain': 'error',
      'gradtape/no-cycles': 'error',
      'gradtape/no-shared-state': 'error',
      'no-console': 'error',
      'max-lines': ['error', { max: 450 }],
      'max-lines-per-function': ['error', { max: 80 }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportSpecifier[imported.name=/^frame/]',
          message: 'arguments of the native binding are written by the functions of op/kernels.ts',
        },
      ],
    },
  },
  {
    // Written by scripts/write-kernels.js.
    files: ['lib/op/kernels.ts'],
    rules: { 'max-lines': 'off', 'no-restricted-syntax': 'off' },
  },
  {
    // Records the argument buffer as a whole.
    files: ['lib/compile/lower.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['examples/**/*.ts'],
    rules: {
      // An example is a program of a user's: it knows the package and nothing of its inside.
      'no-restricted-imports': ['error', { patterns: [{ group: ['**/lib/*', '**/lib/**', '**/dist/**'] }] }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-sparse-arrays': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
