// How long one test of this suite may take: see tests/jest.config.cjs.
jest.setTimeout(globalThis.TEST_LIMIT_MS);
