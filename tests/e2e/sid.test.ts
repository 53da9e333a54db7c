import { onEngineOf } from './scenarios.ts';

onEngineOf('sid');
