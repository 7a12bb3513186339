'use strict';

/** Bytes of a base64 text. */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** 16-bit numbers, little-endian whatever the machine. */
function wordsOf(text) {
  const view = new DataView(bytesOf(text).buffer);
  return Uint16Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i, true));
}

/**
 * A curve as Java's EmbeddedCurve has it: of each bucket of steps the smallest and the largest value, as
 * 65,536 steps of the curve's range; a bucket of one step has its value alone.
 */
class Curve {
  constructor(json) {
    this.bucket = json.bucket;
    this.length = json.length;
    const scale = (json.high - json.low) / 65535;
    const decode = (text) => Float64Array.from(wordsOf(text), (word) => json.low + scale * word);
    this.smallest = decode(json.smallest);
    this.largest = json.largest ? decode(json.largest) : this.smallest;
  }

  /** Smallest and largest value of the steps from (inclusive) to (exclusive), or null. */
  extremes(from, to) {
    const first = Math.max(0, Math.floor(from / this.bucket));
    const last = Math.min(this.smallest.length, Math.ceil(Math.min(to, this.length) / this.bucket));
    if (from >= this.length || first >= last) {
      return null;
    }
    let low = Infinity;
    let high = -Infinity;
    let lowAt = first;
    let highAt = first;
    for (let i = first; i < last; i++) {
      if (this.smallest[i] < low) {
        low = this.smallest[i];
        lowAt = i;
      }
      if (this.largest[i] > high) {
        high = this.largest[i];
        highAt = i;
      }
    }
    return lowAt <= highAt ? [low, high] : [high, low];
  }
}

/** The charts, which zoom and show their runs together. */
function drawCharts(data) {
  const runs = data.runs.filter((run) => run.curves);
  const isDark = () => document.documentElement.dataset.theme === 'dark';
  const curveOf = (json) => (json instanceof Curve ? json : new Curve(json));
  const curves = runs.map((run) => ({
    rl: curveOf(run.curves.rl),
    kl: curveOf(run.curves.kl),
    beta: curveOf(run.curves.beta),
    elbo: curveOf(run.curves.elbo),
    rate: run.curves.rate && curveOf(run.curves.rate),
  }));
  const longestNow = () => Math.max(2, ...curves.map((curve) => curve.rl.length));
  let longest = longestNow();
  const visible = runs.map(() => true);

  /** The levels that visible runs were to hold, each once, in the colour of the run if it is one's alone. */
  function setPoints() {
    const levels = new Map();
    runs.forEach((run, i) => {
      if (visible[i] && run.set_point !== null) {
        levels.set(run.set_point, [...(levels.get(run.set_point) || []), run]);
      }
    });
    return [...levels].map(([value, of]) => ({ value, of }));
  }

  /** Step and value of a visible run's validation images after each epoch that the chart shows. */
  function validated(run, what) {
    const rows = run.validation && run.validation[what];
    return rows
      ? rows
          .map((value, k) => ({ step: run.validation.steps[k], value }))
          .filter((row) => row.value !== null && row.step >= range[0] && row.step <= range[1])
      : [];
  }
  const charts = [];
  let range = [1, longest];

  /** Two points a pixel column: its extremes in their order. Shared x for all runs. */
  function points(what, width) {
    const steps = range[1] - range[0] + 1;
    const columns = Math.max(1, Math.min(Math.ceil(steps), Math.floor(width)));
    const perColumn = steps / columns;
    const xs = [];
    const ys = curves.map(() => []);
    for (let column = 0; column < columns; column++) {
      const from = Math.floor(range[0] + column * perColumn) - 1;
      const to = Math.max(from + 1, Math.floor(range[0] + (column + 1) * perColumn) - 1);
      const whole = to - from === 1;
      xs.push(from + 1);
      if (!whole) {
        xs.push(from + 1 + (to - from) / 2);
      }
      curves.forEach((curve, i) => {
        const pair = curve[what] && curve[what].extremes(from, to);
        ys[i].push(pair && pair[0]);
        if (!whole) {
          ys[i].push(pair && pair[1]);
        }
      });
    }
    return [xs, ...ys];
  }

  /** What comes after the first hundredth: an untrained network's losses leave no room for the rest. */
  function limits(u, what) {
    const levels = what === 'kl' ? setPoints().map((level) => level.value) : [];
    let low = Math.min(Infinity, ...levels);
    let high = Math.max(-Infinity, ...levels);
    u.data.slice(1).forEach((values, i) => {
      if (!visible[i]) {
        return;
      }
      values.forEach((value, k) => {
        if (value !== null && (u.data[0][k] > longest / 100 || range[1] < longest / 20)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      });
    });
    runs.forEach((run, i) => {
      if (visible[i]) {
        validated(run, what).forEach((row) => {
          if (row.step > longest / 100 || range[1] < longest / 20) {
            low = Math.min(low, row.value);
            high = Math.max(high, row.value);
          }
        });
      }
    });
    if (low > high) {
      return [0, 1];
    }
    const margin = high > low ? 0.05 * (high - low) : 0.5;
    return [low - margin, high + margin];
  }

  const colourOf = (run) => (isDark() ? run.dark_colour : run.colour);

  function zoom(from, to) {
    const span = Math.min(longest - 1, Math.max(10, to - from));
    const start = Math.min(Math.max(1, from), longest - span);
    range = [start, start + span];
    charts.forEach((chart) => chart.redraw());
  }
  const zoomBy = (factor) => {
    const middle = (range[0] + range[1]) / 2;
    const half = (factor * (range[1] - range[0])) / 2;
    zoom(middle - half, middle + half);
  };
  const moveBy = (share) => {
    const by = share * (range[1] - range[0]);
    zoom(range[0] + by, range[1] + by);
  };
  const keys = {
    ArrowLeft: () => moveBy(-0.25),
    ArrowRight: () => moveBy(0.25),
    '+': () => zoomBy(0.5),
    '-': () => zoomBy(2),
    Escape: () => zoom(1, longest),
  };

  function chart(element) {
    const what = element.dataset.what;
    const plot = element.querySelector('.plot');
    const value = element.querySelector('.value');
    const style = () => getComputedStyle(document.documentElement);
    const ink = () => style().getPropertyValue('--faint');
    const grid = () => style().getPropertyValue('--line');
    const size = () => ({ width: plot.clientWidth, height: Math.round(Math.max(200, plot.clientWidth * 0.55)) });
    const font = '12px system-ui';
    const axis = {
      stroke: ink,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
      font,
      labelFont: font,
      labelSize: 20,
    };

    /** The set point across the KL chart, dashed, with its value. */
    function drawSetPoints(self) {
      if (what !== 'kl') {
        return;
      }
      const { ctx, bbox } = self;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      const levels = setPoints();
      levels.forEach((level) => {
        const y = Math.round(self.valToPos(level.value, 'y', true));
        const isOnes = levels.length > 1 && level.of.length === 1;
        const ink = isOnes ? colourOf(level.of[0]) : style().getPropertyValue('--ink');
        ctx.strokeStyle = ink;
        ctx.fillStyle = ink;
        const width = Math.max(1, Math.round(devicePixelRatio));
        ctx.lineWidth = width;
        ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
        ctx.beginPath();
        // Over whole rows of pixels.
        ctx.moveTo(bbox.left, y + (width % 2) / 2);
        ctx.lineTo(bbox.left + bbox.width, y + (width % 2) / 2);
        ctx.stroke();
        ctx.font = `${12 * devicePixelRatio}px system-ui`;
        ctx.textAlign = 'right';
        // Below a line that is near the top.
        const isHigh = y - bbox.top < 18 * devicePixelRatio;
        ctx.textBaseline = isHigh ? 'top' : 'bottom';
        const gap = (isHigh ? 3 : -3) * devicePixelRatio;
        ctx.fillText(`set point ${level.value}`, bbox.left + bbox.width - 4 * devicePixelRatio, y + gap);
      });
      ctx.restore();
    }

    /** A circle for each epoch, in the run's colour; the best one is filled. */
    function drawValidation(self) {
      const { ctx, bbox } = self;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      ctx.lineWidth = 1.5 * devicePixelRatio;
      runs.forEach((run, i) => {
        if (!visible[i]) {
          return;
        }
        ctx.strokeStyle = colourOf(run);
        ctx.fillStyle = colourOf(run);
        validated(run, what).forEach((row) => {
          const isBest = row.step === run.validation.best;
          ctx.beginPath();
          ctx.arc(
            self.valToPos(row.step, 'x', true),
            self.valToPos(row.value, 'y', true),
            (isBest ? 4 : 2.5) * devicePixelRatio,
            0,
            2 * Math.PI,
          );
          if (isBest) {
            ctx.fill();
          }
          ctx.stroke();
        });
      });
      ctx.restore();
    }

    /** The validation images' figure after the last epoch up to a step, for the line below. */
    function validatedAt(run, step) {
      const row = validated(run, what).findLast((each) => each.step <= step);
      return row ? ` (validation ${row.value.toFixed(2)})` : '';
    }
    const u = new uPlot(
      {
        ...size(),
        legend: { show: false },
        cursor: {
          sync: { key: 'steps', setSeries: false },
          drag: { x: true, y: false, setScale: false },
          bind: { dblclick: () => () => zoom(1, longest) },
        },
        scales: { x: { time: false, range: () => range }, y: { range: (self) => limits(self, what) } },
        axes: [
          { ...axis, size: 34, label: 'step' },
          { ...axis, size: 52, label: element.dataset.unit },
        ],
        series: [
          {},
          ...runs.map((run) => ({
            label: run.name,
            stroke: () => colourOf(run),
            width: 1.3,
            dash: run.dash,
            points: { show: false },
          })),
        ],
        hooks: {
          draw: [drawSetPoints, drawValidation],
          setSelect: [
            (self) => {
              if (self.select.width > 4) {
                const from = self.posToVal(self.select.left, 'x');
                const to = self.posToVal(self.select.left + self.select.width, 'x');
                self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
                zoom(from, to);
              }
            },
          ],
          setCursor: [
            (self) => {
              const at = self.cursor.idx;
              value.textContent =
                at === null || at === undefined
                  ? ''
                  : `step ${Math.round(self.data[0][at]).toLocaleString('en')}: ` +
                    runs
                      .map((run, i) => [run, self.data[i + 1][at], visible[i]])
                      .filter((entry) => entry[2] && entry[1] !== null)
                      .map(
                        (entry) =>
                          `${entry[0].name} ${what === 'rate' ? entry[1].toPrecision(3) : entry[1].toFixed(what === 'beta' ? 4 : 2)}` +
                          validatedAt(entry[0], self.data[0][at]),
                      )
                      .join(', ');
            },
          ],
        },
      },
      points(what, size().width),
      plot,
    );
    plot.tabIndex = 0;
    plot.setAttribute('role', 'img');
    plot.setAttribute(
      'aria-label',
      `${element.querySelector('h3').textContent} (${element.dataset.unit}) against step${
        what === 'kl' ? setPoints().map((level) => `, set point ${level.value} dashed`).join('') : ''
      }. Left and right arrows move, plus and minus zoom, Escape shows all.`,
    );
    plot.addEventListener('keydown', (event) => {
      if (keys[event.key]) {
        keys[event.key]();
        event.preventDefault();
      }
    });
    return {
      u,
      redraw() {
        u.setData(points(what, u.width));
      },
      resize() {
        u.setSize(size());
        this.redraw();
      },
    };
  }

  document.querySelectorAll('.chart').forEach((element) => charts.push(chart(element)));
  document.querySelectorAll('input[data-run]').forEach((box) => {
    box.addEventListener('change', () => {
      const i = Number(box.dataset.run);
      visible[i] = box.checked;
      charts.forEach((each) => each.u.setSeries(i + 1, { show: box.checked }));
      charts.forEach((each) => each.redraw());
    });
  });
  document.querySelectorAll('button[data-zoom]').forEach((button) => {
    button.addEventListener('click', () => keys[button.dataset.zoom]());
  });
  const resizes = new ResizeObserver(() => charts.forEach((each) => each.resize()));
  resizes.observe(document.querySelector('.charts'));
  const recolour = () => charts.forEach((each) => each.u.redraw());
  document.addEventListener('themechange', recolour);

  /** Draws curves that have got longer or shorter since; who sees all steps goes on to see all. */
  function grow() {
    const before = longest;
    longest = longestNow();
    if ((range[0] <= 1 && range[1] >= before) || range[1] > longest) {
      range = [1, longest];
    }
    charts.forEach((each) => each.redraw());
  }

  /** Before others are drawn in their place. */
  function close() {
    resizes.disconnect();
    document.removeEventListener('themechange', recolour);
    charts.forEach((each) => each.u.destroy());
  }
  return { charts, range: () => range, setPoints, validated, grow, close };
}
