import { rootOf } from '../support/engine.ts';
import { besideDocker } from './scenarios/beside-docker.ts';
import { isolation } from './scenarios/isolation.ts';
import { publishedTable } from './scenarios/published-table.ts';
import { restarts } from './scenarios/restarts.ts';
import { underLoad } from './scenarios/under-load.ts';
import { onEngineOf } from './scenarios.ts';

// What `update-alternatives --set iptables /usr/sbin/iptables-legacy` does to a host.
onEngineOf('trixie', {
  like: ' with legacy iptables',
  themes: {
    isolation,
    'beside Docker': besideDocker,
    'published ports, every way': publishedTable,
    restarts,
    'under load': underLoad,
  },
  options: {
    role: 'legacy',
    binds: [[`${rootOf('trixie')}/usr/sbin/xtables-legacy-multi`, '/usr/sbin/xtables-nft-multi']],
  },
});
