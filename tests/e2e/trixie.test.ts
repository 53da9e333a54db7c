import { onEngineOf } from './scenarios.ts';

onEngineOf('trixie');
