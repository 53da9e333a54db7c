import { seesFaultsOn } from './faults.ts';
import { conformanceOn } from './on-backend.ts';

seesFaultsOn('nft');
conformanceOn('nft');
