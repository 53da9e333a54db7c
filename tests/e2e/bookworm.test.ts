import { onEngineOf } from './scenarios.ts';

onEngineOf('bookworm');
