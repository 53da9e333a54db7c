/** How one cost grows: a line for each series, a place on the x axis for each label. */
export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** What stands below the places, at equal distances whatever the numbers are. */
  readonly labels: readonly string[];
  /** NaN where nothing was measured. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const COLUMNS = 3;
const [WIDTH, HEIGHT] = [320, 220];
/** Room around the lines for words. */
const [LEFT, TOP, RIGHT, BOTTOM] = [20, 52, 20, 34];
const COLOURS = ['#0b6e99', '#d9730d', '#8a8f98'];

/** The charts beside and below each other, as a picture that needs nothing but itself. */
export function pictureOf(heading: string, charts: readonly Chart[]): string {
  const rows = Math.ceil(charts.length / COLUMNS);
  const [width, height] = [WIDTH * Math.min(COLUMNS, charts.length), HEIGHT * rows + 40];
  const placed = charts.map(
    (chart, index) =>
      `<g transform="translate(${(index % COLUMNS) * WIDTH} ${Math.floor(index / COLUMNS) * HEIGHT + 40})">${drawn(chart)}</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#37352f">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="${LEFT}" y="26" font-size="15">${escaped(heading)}</text>`,
    ...placed,
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ title, unit, labels, series }: Chart): string {
  const known = series.flatMap(({ values }) => values.filter((value) => !Number.isNaN(value)));
  // From zero on: a small growth shall look small.
  const top = Math.max(...known, 0) || 1;
  const x = (index: number) =>
    round(LEFT + 20 + (index * (WIDTH - LEFT - RIGHT - 40)) / Math.max(1, labels.length - 1));
  const y = (value: number) => round(HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM));
  const lines = series.map(({ name, values }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '';
    const points = values.flatMap((value, place) => (Number.isNaN(value) ? [] : [{ x: x(place), y: y(value), value }]));
    return [
      `<text x="${LEFT + 110 * index}" y="34" fill="${colour}">${escaped(name)}</text>`,
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map((point) => `${point.x},${point.y}`).join(' ')}"/>`,
      ...points.map((point) => `<circle cx="${point.x}" cy="${point.y}" r="3" fill="${colour}"/>`),
      ...points.map(
        (point) =>
          `<text x="${point.x}" y="${point.y - 7}" text-anchor="middle" fill="${colour}">${Number(point.value.toPrecision(3))}</text>`,
      ),
    ].join('');
  });
  const places = labels.map(
    (label, index) => `<text x="${x(index)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escaped(label)}</text>`,
  );
  return [
    `<text x="${LEFT}" y="18" font-size="12">${escaped(title)}, ${escaped(unit)}</text>`,
    `<line x1="${LEFT}" y1="${y(0)}" x2="${WIDTH - RIGHT}" y2="${y(0)}" stroke="#c8ccd2"/>`,
    ...lines,
    ...places,
  ].join('');
}

const round = (value: number) => Math.round(value * 10) / 10;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
