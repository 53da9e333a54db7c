/** What Prometheus makes of a scrape: values by series, as in `drawbridge_calls_total{method="health",outcome="ok"}`. */
export function samplesIn(text: string): ReadonlyMap<string, number> {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    const [, declared, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (declared && type) types.set(declared, type);
    if (line === '' || line.startsWith('# HELP ') || declared) continue;
    const [, name = '', labels = '', value] =
      /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})? (\S+)$/.exec(line) ?? [];
    if (!types.has(name.replace(/_(bucket|sum|count)$/, '')) && !types.has(name))
      throw new Error(`no line of Prometheus's: ${line}`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}
