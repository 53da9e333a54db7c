import { buildEngine, type EngineOptions, type Suite } from '../support/engine.ts';
import { addressing } from './scenarios/addressing.ts';
import { adoptedBridge } from './scenarios/adopted-bridge.ts';
import { besideDocker } from './scenarios/beside-docker.ts';
import { closedFromTheStart } from './scenarios/closed-from-the-start.ts';
import { commandLine } from './scenarios/command-line.ts';
import { drift } from './scenarios/drift.ts';
import { groups } from './scenarios/groups.ts';
import { installing } from './scenarios/installing.ts';
import { ipam } from './scenarios/ipam.ts';
import { isolation } from './scenarios/isolation.ts';
import { lifecycle } from './scenarios/lifecycle.ts';
import { pluginGone } from './scenarios/plugin-gone.ts';
import { publishedHostPorts } from './scenarios/published-host-ports.ts';
import { publishedLife } from './scenarios/published-life.ts';
import { publishedOptions } from './scenarios/published-options.ts';
import { publishedTable } from './scenarios/published-table.ts';
import { restarts } from './scenarios/restarts.ts';
import { soak } from './scenarios/soak.ts';
import { underLoad } from './scenarios/under-load.ts';
import { type Scenarios, Stage } from './stage.ts';

const THEMES: Readonly<Record<string, Scenarios>> = {
  addressing,
  lifecycle,
  isolation,
  groups,
  'command line': commandLine,
  'beside Docker': besideDocker,
  ipam,
  'adopted bridge': adoptedBridge,
  'published ports, every way': publishedTable,
  "published ports of the host's": publishedHostPorts,
  'published ports and options': publishedOptions,
  'published ports that come and go': publishedLife,
  drift,
  restarts,
  'under load': underLoad,
  'closed from the start': closedFromTheStart,
  'the plugin is gone': pluginGone,
  soak,
  installing,
};

export interface Play {
  /** By theme; all of them where not said. */
  readonly themes?: Readonly<Record<string, Scenarios>>;
  /** What is different about the engine. */
  readonly like?: string;
  readonly options?: EngineOptions;
}

/** Plays scenarios on the engine of a Debian suite, one after the other on one engine. */
export function onEngineOf(suite: Suite, { themes = THEMES, like = '', options = { role: 'e2e' } }: Play = {}): void {
  const version = versionOf(suite);
  if (version === undefined) return;
  describe(`on Docker ${version} of Debian ${suite}${like}`, () => {
    let stage: Stage | undefined;
    beforeAll(async () => {
      stage = await Stage.open(suite, options);
    });
    afterEach(() => stage?.clear());
    afterAll(() => stage?.[Symbol.asyncDispose]());

    for (const [theme, scenarios] of Object.entries(themes)) {
      describe(theme, () => scenarios(() => stage as Stage, Number.parseInt(version, 10)));
    }
  });
}

/** The moving suite may be out of reach on some day, for which we cannot be blamed; the others must be there. */
function versionOf(suite: Suite): string | undefined {
  try {
    return buildEngine(suite);
  } catch (error) {
    if (suite !== 'sid') throw error;
    const reason = (error as Error).message;
    console.warn(`SKIPPED: every scenario on Debian sid, whose engine cannot be had today: ${reason}`);
    describe.skip('on Debian sid [skipped: its engine cannot be had today]', () => {
      test('every scenario', () => {});
    });
    return undefined;
  }
}
