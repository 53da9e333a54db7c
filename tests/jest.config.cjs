// One jest project per suite, so that `--selectProjects unit` runs what needs no root.
const root = `${__dirname}/..`;

const project = (name, limitMs) => ({
  displayName: name,
  rootDir: root,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  // commander is published as ES modules alone, which jest's require() does not take as they are.
  transform: { '\\.ts$|/node_modules/commander/': '<rootDir>/tests/support/esbuild-transform.cjs' },
  transformIgnorePatterns: ['/node_modules/(?!commander/)'],
  testEnvironment: 'node',
  // jest takes `testTimeout` from the command line only when there are projects.
  globals: { TEST_LIMIT_MS: limitMs },
  setupFilesAfterEnv: ['<rootDir>/tests/support/test-limit.cjs'],
});

module.exports = {
  // Tests that mostly wait say so themselves (test.concurrent).
  maxConcurrency: 15,
  globalSetup: `${__dirname}/support/assert-node-version.cjs`,
  projects: [
    project('unit', 20_000),
    project('store', 20_000),
    project('protocol', 60_000),
    project('kernel', 60_000),
    project('faults', 60_000),
    // On two cores of its own it takes half of that for 1,000 policies.
    project('conformance', 1_800_000),
    // A run that fails is shrunk, which takes minutes.
    project('model', 900_000),
    project('fuzz', 300_000),
    project('e2e', 300_000),
  ],
};
