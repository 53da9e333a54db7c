import { modelOn } from './on-backend.ts';

modelOn('legacy');
