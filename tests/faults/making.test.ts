import { failingAtEveryStep, PUBLISHING } from './life.ts';

/* Network, addresses, endpoint, sandbox. */
failingAtEveryStep(0, PUBLISHING);
