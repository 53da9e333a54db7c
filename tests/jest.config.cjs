// One jest project per suite, so that `--selectProjects unit` runs what needs no root.
const project = (name, testTimeout) => ({
  displayName: name,
  rootDir: `${__dirname}/..`,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  transform: { '\\.ts$': '<rootDir>/tests/support/esbuild-transform.cjs' },
  testEnvironment: 'node',
  globals: {},
  setupFilesAfterEnv: [],
  testTimeout,
});

module.exports = {
  globalSetup: `${__dirname}/support/assert-node-version.cjs`,
  projects: [
    project('unit', 20_000),
    project('store', 20_000),
    project('protocol', 120_000),
    project('kernel', 120_000),
    project('e2e', 300_000),
  ].map(({ testTimeout, ...rest }) => ({ ...rest, testTimeout })),
};
