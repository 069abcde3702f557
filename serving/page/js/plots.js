/** Plots as SVG, in the colours of the page. */
import { html } from "./vendor.js";

const WIDTH = 480;
const MARGIN = { left: 56, right: 16, top: 32, bottom: 44 };
const LINE = 18;
const LETTER = 7.4;
/** Where a name may stand beside its dot: right, left, above, below, and aslant; the last is the part to the left. */
const SIDES = [
  [10, 0, 0],
  [-10, 0, 1],
  [0, -16, 0.5],
  [0, 16, 0.5],
  [8, -14, 0],
  [8, 14, 0],
  [-8, -14, 1],
  [-8, 14, 1],
];

/**
 * Round numbers from 0 to at least `most`.
 * @param {number} most
 */
function ticks(most) {
  const rough = (most || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((by) => by * power).find((one) => one >= rough) ?? rough;
  return Array.from({ length: Math.ceil((most || 1) / step - 1e-9) + 1 }, (_, at) => at * step);
}

/** @param {number} value */
const figure = (value) => String(Number(value.toPrecision(3))).replace(/^0\./, ".");

/** Frame, grid and axes, with a function for each axis from values to places. */
function axes({ most, height, names, wholeX = false }) {
  const [xs, ys] = [ticks(most.x), ticks(most.y)];
  const x = (value) => MARGIN.left + (value / xs.at(-1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value) => height - MARGIN.bottom - (value / ys.at(-1)) * (height - MARGIN.top - MARGIN.bottom);
  const frame = html`<g class="axes">
    ${ys.map(
      (at) => html`<line key=${at} x1=${MARGIN.left} x2=${WIDTH - MARGIN.right} y1=${y(at)} y2=${y(at)} />
      <text x=${MARGIN.left - 8} y=${y(at) + 4} class="end">${figure(at)}</text>`,
    )}
    ${xs.filter((at) => !wholeX || Number.isInteger(at)).map((at) => html`<text key=${at} x=${x(at)} y=${height - MARGIN.bottom + 18} class="middle">${figure(at)}</text>`)}
    <text x=${(MARGIN.left + WIDTH - MARGIN.right) / 2} y=${height - 4} class="middle name">${names.x}</text>
    <text x="0" y="11" class="name">${names.y}</text>
  </g>`;
  return { x, y, frame };
}

const svg = (height, content, label) =>
  html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label=${label}>${content}</svg>`;

/**
 * One dot for each model, with its name beside it.
 * @param {{name: string, x: number, y: number}[]} points @param {{x: string, y: string}} names
 */
export function scatter(points, names) {
  const height = 340;
  const most = { x: Math.max(...points.map(({ x }) => x)), y: Math.max(...points.map(({ y }) => y)) };
  const { x, y, frame } = axes({ most, height, names });
  const taken = points.map((point) => ({ x: x(point.x) - 6, y: y(point.y) - 6, w: 12, h: 12 }));
  const labels = [...points]
    .sort((a, b) => b.y - a.y)
    .map((point) => {
      const w = LETTER * point.name.length;
      const boxes = SIDES.map(([dx, dy, shift]) => ({
        x: x(point.x) + dx - shift * w,
        y: y(point.y) + dy - LINE / 2,
        w,
        h: LINE - 2,
      }));
      const clashes = (box) =>
        box.x + w > WIDTH ||
        taken.some(
          (o) => box.x < o.x + o.w && o.x < box.x + box.w && box.y < o.y + o.h && o.y < box.y + box.h,
        );
      const box = boxes.find((one) => !clashes(one)) ?? boxes[0];
      taken.push(box);
      return { ...point, box };
    });
  return svg(
    height,
    html`${frame}${labels.map(
      ({
        name,
        x: own,
        y: high,
        box,
      }) => html`<g key=${name} class=${name.startsWith("cartograph") ? "ours" : ""}>
        <circle cx=${x(own)} cy=${y(high)} r="5"><title>${name}: ${figure(own)}, ${figure(high)}</title></circle>
        <text x=${box.x} y=${box.y + 12}>${name}</text></g>`,
    )}`,
    `${names.y} against ${names.x}`,
  );
}

/**
 * Two bars for each model.
 * @param {{name: string, values: (number | null)[]}[]} rows @param {string[]} names Of the bars.
 */
export function pairs(rows, names) {
  const left = 8 * Math.max(...rows.map(({ name }) => name.length)) + 16;
  const most =
    ticks(Math.max(...rows.flatMap(({ values }) => values.map((value) => value ?? 0)))).at(-1) ?? 1;
  const high = 40;
  const x = (value) => (value / most) * (WIDTH - left - 56);
  return svg(
    rows.length * high + 32,
    html`<g>${names.map(
      (
        name,
        at,
      ) => html`<g key=${name}><rect class=${`bar-${at}`} x=${left + at * 88} y="4" width="12" height="12" />
        <text x=${left + at * 88 + 18} y="15">${name}</text></g>`,
    )}</g>
      ${rows.map(
        (
          { name, values },
          row,
        ) => html`<g key=${name} transform="translate(0 ${28 + row * high})" class=${name.startsWith("cartograph") ? "ours" : ""}>
          <text x=${left - 10} y="20" class="end">${name}</text>
          ${values.map(
            (value, at) => html`<g key=${at}>
            <rect class=${`bar-${at}`} x=${left} y=${2 + at * 15} width=${Math.max(1, x(value ?? 0))} height="12" rx="2" />
            <text x=${left + x(value ?? 0) + 6} y=${13 + at * 15} class="value">${value === null ? "nobody" : figure(value)}</text></g>`,
          )}
        </g>`,
      )}`,
    names.join(" against "),
  );
}

/**
 * A line for each model over epochs.
 * @param {{name: string, values: number[]}[]} curves @param {{x: string, y: string}} names
 */
export function lines(curves, names) {
  const height = 300;
  const most = {
    x: Math.max(...curves.map(({ values }) => values.length)),
    y: Math.max(...curves.flatMap(({ values }) => values)),
  };
  const { x, y, frame } = axes({ most, height, names, wholeX: true });
  return svg(
    height,
    html`${frame}${curves.map(
      ({ name, values }, at) => html`<g key=${name} class=${name.startsWith("cartograph") ? "ours" : ""}>
        <polyline class="line-${at % 4}" points=${values.map((value, epoch) => `${x(epoch + 1)},${y(value)}`).join(" ")} />
        ${values.map((value, epoch) => html`<circle key=${epoch} cx=${x(epoch + 1)} cy=${y(value)} r="3"><title>${name}, epoch ${epoch + 1}: ${figure(value)}</title></circle>`)}
        <text x=${x(values.length) - 8} y=${y(values.at(-1)) - 10} class="end">${name}</text></g>`,
    )}`,
    `${names.y} by ${names.x}`,
  );
}
