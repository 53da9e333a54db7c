import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHost } from '../support/netns.ts';
import { type Answer, PluginProcess } from '../support/plugin-process.ts';
import { answerSchema } from './answers.ts';

/*
 * Every call that real engines (20.10.24, 28.5.2, also in a swarm, also after crashes) sent to a throw-away plugin, sent
 * again in the same order, byte for byte but for the names that the other plugin had chosen: its address spaces and its
 * pool ids. Each answer has the shape of the contract, and just the expected ones are refusals.
 */
interface Recorded {
  /** `017-run-ipv6-05-NetworkDriver.Join`; in a swarm with the host's name, swa or swb, after the command. */
  readonly step: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: bodies as they were recorded
  readonly body: any;
  // biome-ignore lint/suspicious/noExplicitAny: the other plugin's answers
  readonly response: any;
}

const FOLDER = join(__dirname, 'captures');

test.each(readdirSync(FOLDER))('every recorded call of %s is answered as the contract says', async (file) => {
  const recorded: Recorded[] = readFileSync(join(FOLDER, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const host of new Set(recorded.map(hostOf))) await replay(recorded.filter((call) => hostOf(call) === host));
});

const hostOf = ({ step }: Recorded) => /-(sw[ab])-/.exec(step)?.[1] ?? 'the host';

async function replay(calls: readonly Recorded[]): Promise<void> {
  await using host = await TestHost.create();
  await using plugin = await PluginProcess.start(host.netns);
  const poolIds = new Map<string, string>();
  for (const call of calls) {
    const { 'content-length': _, ...headers } = call.headers;
    const method = call.path.slice(1);
    const answer = await plugin.call(method, call.body === null ? undefined : inOurWords(call.body, poolIds), headers);
    expect([call.step, answer.status, refusalOf(answer)]).toEqual([call.step, 200, expectedRefusal(call)]);
    if (!answer.body.Err)
      expect([call.step, answerSchema(method).safeParse(answer.body).error?.message]).toEqual([call.step, undefined]);
    if (call.response?.PoolID && answer.body.PoolID) poolIds.set(call.response.PoolID, answer.body.PoolID);
    if (call.response?.Err) await takeBack(plugin, method, call.body);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function inOurWords(body: any, poolIds: ReadonlyMap<string, string>): unknown {
  const text = JSON.stringify(body)
    .replaceAll('"spikelocal"', '"drawbridge-local"')
    .replaceAll('"spikeglobal"', '"drawbridge-global"');
  const ours = JSON.parse(text);
  return ours.PoolID === undefined ? ours : { ...ours, PoolID: poolIds.get(ours.PoolID) ?? ours.PoolID };
}

/** The other plugin refused this create on purpose, and the engine went on as if it had not been: so must the host. */
async function takeBack(plugin: PluginProcess, method: string, body: object): Promise<void> {
  if (/Create(Network|Endpoint)$/.test(method)) await plugin.must(method.replace('Create', 'Delete'), body);
}

const refusalOf = ({ body }: Answer): string | undefined => {
  if (body.Err !== undefined) expect(body.Error).toBe(body.Err);
  return body.Err?.replace(/\b[0-9a-f]{12}\b/g, 'ID');
};

/** A subnet that another network has is refused; the other plugin took it. */
function expectedRefusal({ step, path }: Recorded): string | undefined {
  if (step.includes('dup-subnet2')) {
    if (path.endsWith('RequestPool'))
      return 'pool 10.92.0.0/24 overlaps 10.92.0.0/24 of network ID; choose another --subnet';
    if (path.endsWith('CreateNetwork'))
      return 'the subnet overlaps 10.92.0.0/24 of network ID; choose another --subnet';
  }
  return undefined;
}
