import { conformanceOn } from './on-backend.ts';

conformanceOn('nft');
