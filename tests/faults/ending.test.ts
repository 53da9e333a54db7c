import { failingAtEveryStep, PUBLISHING } from './life.ts';

/* Ports, and the way back. */
failingAtEveryStep(PUBLISHING);
