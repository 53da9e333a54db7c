import { disagreements } from '../../support/agreement.ts';
import { FaultyPrograms, type Trouble } from '../../support/faulty-programs.ts';
import { TestHost } from '../../support/netns.ts';
import { PluginProcess } from '../../support/plugin-process.ts';
import { settled } from '../../support/settled.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';
import { pings } from '../../support/traffic.ts';

/*
 * The programs that the plugin asks hang, fail, or say what makes no sense: who asks is told so in time, and once they
 * work again all is as if nothing had been. All at once, as most of it is waiting.
 */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  ip: ['ip'],
  nft: ['nft'],
  ipset: ['ipset'],
  conntrack: ['conntrack'],
  iptables: ['iptables-nft-save', 'iptables-nft-restore'],
};
const TROUBLES: readonly Trouble[] = ['hangs', 'fails', 'prints garbage'];
const CASES = Object.keys(PROGRAMS).flatMap((program) => TROUBLES.map((trouble) => [program, trouble] as const));
/** The engine gives up after 30 s. */
const IN_TIME_MS = 25_000;

interface Told {
  readonly slowestMs: number;
  readonly errors: readonly string[];
}

test.concurrent.each(CASES)(
  '%s %s',
  async (program, trouble) => {
    await using host = await TestHost.create();
    using programs = new FaultyPrograms(PROGRAMS[program] ?? []);
    await using plugin = await PluginProcess.start(host.netns, programs.env);
    await using engine = new SimulatedEngine(plugin, host.netns);
    const network = await engine.createNetwork({ subnets: [{ pool: '10.9.0.0/24' }] });
    const one = await engine.run(network);

    programs.begin(trouble);
    const { slowestMs, errors } = await tellOf([
      () => engine.run(network, { ports: ['8080:80'] }),
      () => engine.createNetwork({ subnets: [{ pool: '10.8.0.0/24' }] }),
      () => plugin.must('NetworkDriver.DeleteNetwork', { NetworkID: 'f'.repeat(64) }),
    ]);
    programs.end();

    expect(slowestMs).toBeLessThan(IN_TIME_MS);
    for (const error of errors) expect(error).toMatch(/\w+ \w+ \w+/);
    if (program !== 'conntrack') expect(errors.length).toBeGreaterThan(0);
    const two = await engine.run(network, { ports: ['8081:80'] });
    expect(await pings(one.sandbox, two.addresses[0] ?? '')).toBe(true);
    await engine.stop(two);
    expect(await settled(() => disagreements(host.netns, plugin), 45_000)).toEqual([]);
  },
  150_000,
);

async function tellOf(calls: readonly (() => Promise<unknown>)[]): Promise<Told> {
  const began = performance.now();
  const ended = await Promise.all(
    calls.map((call) =>
      call().then(
        () => ({ at: performance.now(), error: [] }),
        (error) => ({ at: performance.now(), error: [String(error.message)] }),
      ),
    ),
  );
  return { slowestMs: Math.max(...ended.map(({ at }) => at)) - began, errors: ended.flatMap(({ error }) => error) };
}
