import { join } from 'node:path';
import { Failure } from '../../src/protocol/admin/schemas.ts';
import { isDeparting, readRecords } from '../support/agreement/stored.ts';
import type { PluginProcess } from '../support/plugin-process.ts';
import { isEndless } from './admin-inputs.ts';
import { type Input, type Reply, send } from './sending.ts';
import { notASentence } from './sentence.ts';

interface Answered {
  readonly input: Input;
  readonly refused: boolean;
}

/** Sends inputs to a plugin, many at once, and looks at every answer. */
export class Flood {
  readonly tally = { accepted: 0, refused: 0, unchanged: 0 };
  private readonly plugin: PluginProcess;

  constructor(plugin: PluginProcess) {
    this.plugin = plugin;
  }

  /**
   * All at once. Throws where one is not answered as it should be, or where those that are refused change anything: told
   * from what was accepted by asking them again alone.
   */
  async send(inputs: readonly Input[]): Promise<void> {
    const before = this.records();
    const refused = (await this.answers(inputs)).filter((one) => one.refused).map(({ input }) => input);
    this.tally.refused += refused.length;
    this.tally.accepted += inputs.length - refused.length;
    if (refused.length === inputs.length) this.expectSame(before, inputs);
    else if (refused.length > 0) {
      const between = this.records();
      const again = await this.answers(refused);
      // One that found what another had made is refused no more.
      if (again.every((one) => one.refused)) this.expectSame(between, refused);
    }
  }

  private expectSame(before: ReadonlySet<string>, inputs: readonly Input[]): void {
    const after = this.records();
    // Whoever asks for an address or a subnet may find that its last owner is forgotten, and be refused all the same.
    const mayGo = inputs.every(({ of }) => /IpamDriver\.Request/.test(of));
    const changed = [...after.difference(before), ...(mayGo ? [] : before.difference(after))];
    if (changed.length > 0)
      throw new Error(
        `one of these was refused, and has changed ${changed.slice(0, 5)}: ${JSON.stringify(inputs).slice(0, 20_000)}`,
      );
    this.tally.unchanged += inputs.length;
  }

  private async answers(inputs: readonly Input[]): Promise<Answered[]> {
    const { log, socket } = this.plugin;
    log.length = 0;
    const answered = await Promise.all(
      inputs.map(async (input) => {
        const shown = () => JSON.stringify(input).slice(0, 3_000);
        const reply = await send(socket, input, isEndless(input.of)).catch((error) => {
          throw new Error(`${error.message}: ${shown()}`);
        });
        const wrong = whatIsWrong(input, reply);
        if (wrong) throw new Error(`${wrong}: ${shown()}`);
        return { input, refused: isRefused(reply) };
      }),
    );
    const bug = log.find(({ kind, stack }) => kind === 'internal' || stack !== undefined);
    if (bug) throw new Error(`an error that nobody has thought of: ${JSON.stringify(bug).slice(0, 3_000)}`);
    return answered;
  }

  /** Without the endpoints that are on their way out, which may be gone at any moment. */
  private records(): ReadonlySet<string> {
    const stored = readRecords(join(this.plugin.stateDir, 'drawbridge.sqlite'));
    return new Set(stored.filter((record) => !isDeparting(record)).map((record) => JSON.stringify(record)));
  }
}

const isRefused = ({ status, text }: Reply) => status >= 300 || /^\{"Err":/.test(text);

function whatIsWrong({ of, path, verb }: Input, { status, text }: Reply): string | undefined {
  if (status >= 500 && status !== 503) return `status ${status}: ${text.slice(0, 500)}`;
  // Prometheus reads no JSON.
  if (verb === 'HEAD' || text === '' || (of === 'metrics' && status === 200)) return undefined;
  let body: { Err?: unknown; Error?: unknown; error?: { message?: unknown } };
  try {
    body = JSON.parse(text);
  } catch {
    return `status ${status}, and no JSON: ${text.slice(0, 500)}`;
  }
  if (path.startsWith('/v1/') && status >= 400) {
    const failure = Failure.safeParse(body);
    return failure.success
      ? notASentence(failure.data.error.message)
      : `not the shape of a refusal: ${text.slice(0, 500)}`;
  }
  return body?.Err === undefined ? undefined : notASentence(body.Err);
}
