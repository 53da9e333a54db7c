import { Registry } from 'prom-client';
import { toPluginError } from '../errors.ts';
import type { Run } from '../kernel/run.ts';
import type { Method, Methods } from '../protocol/rpc.ts';
import type { Store } from '../store/store.ts';
import { gauge } from './instruments.ts';
import { type Population, populationIn } from './population.ts';
import { processIn } from './process.ts';
import { workIn } from './work.ts';

/** What the plugin has done since its process began and what it holds, in the words of Prometheus. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly work = workIn(this.registry);
  private readonly showProcess = processIn(this.registry);
  private readonly showPopulation = populationIn(this.registry);
  private readonly up = gauge(this.registry, {
    name: 'drawbridge_up',
    help: 'Whether calls are served: 0 while the plugin starts, and where its start has failed',
  });
  private readonly servingSince = gauge(this.registry, {
    name: 'drawbridge_serving_since_timestamp_seconds',
    help: 'Since when calls are served, since the beginning of 1970; 0 while they are not',
  });
  private population: (() => Population) | undefined;

  constructor(version: string) {
    const words = { name: 'drawbridge_build_info', help: 'Always 1', labels: ['version', 'node'] } as const;
    gauge(this.registry, words).set({ version, node: process.versions.node }, 1);
  }

  /** From now on calls are served. `population` is asked at each scrape, and reads memory alone. */
  serving(population: () => Population): void {
    this.population = population;
    this.servingSince.set(Math.round(Date.now() / 1_000));
  }

  /** Something of ours was put right in the kernel. `kind` is one of few words, such as links. */
  readonly repaired = (kind: string, count = 1): void => this.work.repairs.inc({ kind }, count);

  /** Something was taken back that the engine did not give back. `reason` is one of few words. */
  readonly reclaimed = (reason: string, count = 1): void => this.work.reclaims.inc({ reason }, count);

  /** A request was answered with an error. */
  readonly refused = (kind: string): void => this.work.refusals.inc({ kind });

  /** The same methods, counted and timed. Their names are the only values of that label. */
  timedMethods(methods: Methods): Methods {
    return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, this.timedMethod(name, method)]));
  }

  timedRun(run: Run): Run {
    return async (argv, options) => {
      const program = argv[0] ?? '';
      const stop = this.work.commands.startTimer({ program });
      try {
        return await run(argv, options);
      } catch (error) {
        this.work.failedCommands.inc({ program });
        throw error;
      } finally {
        stop();
      }
    };
  }

  timedStore(store: Store): Store {
    return {
      load: () => store.load(),
      close: () => store.close(),
      commit: async (changes) => {
        const stop = this.work.commits.startTimer();
        try {
          await store.commit(changes);
        } catch (error) {
          this.work.failedCommits.inc();
          throw error;
        } finally {
          stop();
        }
      },
    };
  }

  /** What Prometheus reads. No process; a few milliseconds. */
  text(): Promise<string> {
    this.showProcess();
    this.showPopulation(this.population?.());
    this.up.set(this.population ? 1 : 0);
    return this.registry.metrics();
  }

  private timedMethod(method: string, serve: Method): Method {
    return async (body, context) => {
      const stop = this.work.calls.startTimer({ method });
      let outcome = 'ok';
      try {
        return await serve(body, context);
      } catch (error) {
        outcome = toPluginError(error).kind;
        throw error;
      } finally {
        stop();
        this.work.callsByOutcome.inc({ method, outcome });
      }
    };
  }
}
