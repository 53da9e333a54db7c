import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/* All in a registry that is handed in, never in prom-client's global one. */

interface Words<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

const settings = <Label extends string>(registry: Registry, { name, help, labels = [] }: Words<Label>) => ({
  name,
  help,
  labelNames: [...labels],
  registers: [registry],
});

export const counter = <Label extends string = never>(registry: Registry, words: Words<Label>) =>
  new Counter<Label>(settings(registry, words));

export const gauge = <Label extends string = never>(registry: Registry, words: Words<Label>) =>
  new Gauge<Label>(settings(registry, words));

/** `buckets` are upper limits, in seconds. */
export const histogram = <Label extends string = never>(
  registry: Registry,
  { buckets, ...words }: Words<Label> & { readonly buckets: readonly number[] },
) => new Histogram<Label>({ ...settings(registry, words), buckets: [...buckets] });
