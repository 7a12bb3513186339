'use strict';

/** Tables whose headers sort them; what is no number comes last. */
function sortable(table) {
  const headers = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const rows = [...body.rows];
  headers.forEach((header, column) => {
    header.querySelector('button').addEventListener('click', () => {
      const isNumber = header.classList.contains('number');
      const before = header.getAttribute('aria-sort');
      // Numbers from the largest first, texts by the alphabet.
      const first = isNumber ? 'descending' : 'ascending';
      const other = isNumber ? 'ascending' : 'descending';
      const order = before === first ? other : first;
      headers.forEach((each) => each.removeAttribute('aria-sort'));
      header.setAttribute('aria-sort', order);
      const sign = order === 'ascending' ? 1 : -1;
      const key = (row) => {
        const cell = row.cells[column];
        return cell.dataset.v === undefined ? (isNumber ? NaN : cell.textContent) : Number(cell.dataset.v);
      };
      const keys = new Map(rows.map((row) => [row, key(row)]));
      const compared = (one, other) => {
        const a = keys.get(one);
        const b = keys.get(other);
        if (typeof a === 'number' && typeof b === 'number') {
          return (Number.isNaN(a) - Number.isNaN(b)) || sign * (a - b) || 0;
        }
        return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
      };
      rows.sort(compared);
      body.append(...rows);
    });
  });
}

/** Runs on parallel axes and on two that are chosen, and the table of them. */
function drawPoints(data) {
  const { axes, points } = data.axes;
  const parallel = document.getElementById('parallel');
  const scatter = document.getElementById('scatter');
  const table = document.getElementById('runs');
  const said = document.getElementById('run');
  const isDark = () => document.documentElement.dataset.theme === 'dark';
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // ---- what the axes say ----

  const along = axes.map((axis, a) =>
    points.map((point) => {
      const value = point.values[a];
      return value === null ? NaN : axis.is_log ? Math.log10(value) : value;
    }),
  );
  const ranges = axes.map((axis, a) => {
    if (axis.categories.length) {
      return [0, axis.categories.length - 1];
    }
    const all = along[a].filter(Number.isFinite);
    return all.length ? [Math.min(...all), Math.max(...all)] : [0, 0];
  });
  const places = along.map((values, a) => {
    const [low, high] = ranges[a];
    return values.map((value) => (high > low ? (value - low) / (high - low) : Number.isNaN(value) ? NaN : 0.5));
  });

  /** A number to a hundredth of a range, as Java's Charts.rounded has it. */
  function rounded(value, range) {
    return range > 0 ? value.toFixed(Math.min(12, Math.max(0, 2 - Math.ceil(Math.log10(range))))) : String(Number(value.toPrecision(4)));
  }
  function text(a, value) {
    const axis = axes[a];
    if (value === null || Number.isNaN(value)) {
      return 'none';
    }
    if (axis.categories.length) {
      return axis.categories[Math.round(value)];
    }
    if (axis.is_log) {
      return String(Number((10 ** value).toPrecision(3)));
    }
    // Settings are short as they are.
    return String(value).length <= 5 ? String(value) : rounded(value, ranges[a][1] - ranges[a][0]);
  }

  /** Where marks stand on an axis: at its values where these are few, else at equal distances. */
  const marks = axes.map((axis, a) => {
    if (axis.categories.length) {
      return axis.categories.map((_, c) => c);
    }
    const values = [...new Set(along[a].filter(Number.isFinite))].sort((x, y) => x - y);
    const [low, high] = ranges[a];
    return values.length <= 8 ? values : [0, 0.25, 0.5, 0.75, 1].map((part) => low + part * (high - low));
  });
  const ofRun = (i) =>
    `${points[i].name}: ` + axes.map((axis, a) => `${axis.name} ${text(a, along[a][i])}`).join(', ');

  function choice(id, chosen) {
    const select = document.getElementById(id);
    axes.forEach((axis, a) => select.add(new Option(axis.name, a, a === chosen, a === chosen)));
    select.addEventListener('change', draw);
    return () => Number(select.value);
  }
  const first = (name, otherwise) => {
    const at = axes.findIndex((axis) => axis.name.startsWith(name));
    return at < 0 ? otherwise : at;
  };
  const colour = choice('colour', data.axes.colour);
  const across = choice('across', first('test KL', 0));
  const up = choice('up', first('test RL', data.axes.colour));

  /** Of a run by the axis that colours: from the least to the most wanted. */
  function inkOf(i) {
    const a = colour();
    const place = places[a][i];
    if (Number.isNaN(place)) {
      return style('--line');
    }
    const ramp = isDark() ? data.dark_ramp : data.ramp;
    const at = (axes[a].wanted === 'low' ? 1 - place : place) * (ramp.length - 1);
    const below = Math.min(ramp.length - 2, Math.floor(at));
    const part = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
    const mixed = [0, 1, 2].map((k) => {
      const low = part(ramp[below], k);
      return Math.round(low + (at - below) * (part(ramp[below + 1], k) - low));
    });
    return `rgb(${mixed.join(' ')})`;
  }

  // ---- what is kept and where the reader is ----

  const kept = new Map(); // from and to of an axis, by its number
  let here = -1;
  const passes = (i) => [...kept].every(([a, [from, to]]) => places[a][i] >= from && places[a][i] <= to);
  const order = () => {
    const a = colour();
    const wanted = (i) => (Number.isNaN(places[a][i]) ? -1 : axes[a].wanted === 'low' ? 1 - places[a][i] : places[a][i]);
    return points.map((_, i) => i).sort((i, j) => wanted(i) - wanted(j));
  };

  function goTo(i) {
    if (i === here) {
      return;
    }
    here = i;
    said.textContent = i < 0 ? '' : ofRun(i);
    if (table) {
      table.querySelectorAll('tr.here').forEach((row) => row.classList.remove('here'));
      const row = table.querySelector(`tr[data-i="${i}"]`);
      if (row) {
        row.classList.add('here');
      }
    }
    draw();
  }

  // ---- drawing ----

  function sized(canvas) {
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = canvas;
    canvas.width = Math.round(clientWidth * ratio);
    canvas.height = Math.round(clientHeight * ratio);
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    context.font = '12px system-ui, "DejaVu Sans", sans-serif';
    return { context, width: clientWidth, height: clientHeight };
  }

  const edge = { side: 46, top: 44, bottom: 22 };
  const axisX = (a, width) =>
    axes.length === 1 ? width / 2 : edge.side + ((width - 2 * edge.side) * a) / (axes.length - 1);
  const axisY = (place, height) => height - edge.bottom - (height - edge.bottom - edge.top) * place;

  /** A text no wider than it may be. */
  function fitted(context, words, room) {
    let shown = words;
    while (shown.length > 2 && context.measureText(shown).width > room) {
      shown = `${shown.slice(0, -2)}\u2026`;
    }
    return shown;
  }

  function line(context, i, width, height) {
    context.beginPath();
    let isDown = false;
    axes.forEach((_, a) => {
      const place = places[a][i];
      if (Number.isNaN(place)) {
        isDown = false;
        return;
      }
      const [x, y] = [axisX(a, width), axisY(place, height)];
      isDown ? context.lineTo(x, y) : context.moveTo(x, y);
      isDown = true;
    });
    context.stroke();
  }

  function drawParallel() {
    const { context, width, height } = sized(parallel);
    context.lineJoin = 'round';
    order().forEach((i) => {
      const isKept = passes(i);
      context.globalAlpha = isKept ? 0.75 : 0.12;
      context.lineWidth = 1.2;
      context.strokeStyle = isKept ? inkOf(i) : style('--faint');
      line(context, i, width, height);
    });
    context.globalAlpha = 1;
    if (here >= 0) {
      context.lineWidth = 3.2;
      context.strokeStyle = style('--bad');
      line(context, here, width, height);
    }
    const room = axes.length === 1 ? width : (width - 2 * edge.side) / (axes.length - 1) - 8;
    axes.forEach((axis, a) => {
      const x = axisX(a, width);
      context.strokeStyle = style('--ink');
      context.lineWidth = a === colour() ? 2.4 : 1;
      context.beginPath();
      context.moveTo(x, axisY(0, height));
      context.lineTo(x, axisY(1, height));
      context.stroke();
      if (kept.has(a)) {
        const [from, to] = kept.get(a);
        context.fillStyle = style('--accent');
        context.globalAlpha = 0.35;
        context.fillRect(x - 7, axisY(to, height), 14, axisY(from, height) - axisY(to, height));
        context.globalAlpha = 1;
      }
      context.textAlign = 'center';
      context.fillStyle = style('--ink');
      const named = fitted(context, axis.name, Math.max(room, 40));
      context.fillText(named, Math.min(Math.max(x, context.measureText(named).width / 2 + 2), width - context.measureText(named).width / 2 - 2), 18);
      context.fillStyle = style('--faint');
      let below = Infinity;
      context.textAlign = a === axes.length - 1 && axes.length > 1 ? 'right' : 'left';
      const shift = a === axes.length - 1 && axes.length > 1 ? -5 : 5;
      marks[a].forEach((value) => {
        const [low, high] = ranges[a];
        const place = high > low ? (value - low) / (high - low) : 0.5;
        const words = fitted(context, text(a, value), Math.max(room - 10, 30));
        const y = axisY(place, height) + 4;
        // Of values that lie close together the lowest has its number.
        if (below - y < 14) {
          return;
        }
        below = y;
        const wide = context.measureText(words).width;
        context.globalAlpha = 0.8;
        context.fillStyle = style('--panel');
        context.fillRect(shift > 0 ? x + 3 : x - 7 - wide, y - 11, wide + 4, 14);
        context.globalAlpha = 1;
        context.fillStyle = style('--ink');
        context.fillText(words, x + shift, y);
      });
    });
  }

  const frame = { left: 70, right: 18, top: 16, bottom: 46 };
  const dotX = (place, width) => frame.left + 10 + (width - frame.left - frame.right - 20) * place;
  const dotY = (place, height) => height - frame.bottom - 10 - (height - frame.bottom - frame.top - 20) * place;

  function drawScatter() {
    const { context, width, height } = sized(scatter);
    const [a, b] = [across(), up()];
    context.fillStyle = style('--faint');
    context.strokeStyle = style('--line');
    context.lineWidth = 1;
    const placeOf = (axis, value) => {
      const [low, high] = ranges[axis];
      return high > low ? (value - low) / (high - low) : 0.5;
    };
    let above = Infinity;
    marks[b].forEach((value) => {
      const y = dotY(placeOf(b, value), height);
      context.beginPath();
      context.moveTo(frame.left, y);
      context.lineTo(width - frame.right, y);
      context.stroke();
      if (above - y >= 14) {
        above = y;
        context.textAlign = 'right';
        context.fillText(fitted(context, text(b, value), frame.left - 8), frame.left - 6, y + 4);
      }
    });
    let last = -Infinity;
    context.textAlign = 'center';
    marks[a].forEach((value) => {
      const words = text(a, value);
      const x = dotX(placeOf(a, value), width);
      const half = context.measureText(words).width / 2 + 3;
      if (x - half >= last) {
        last = x + half;
        context.fillText(words, Math.min(x, width - half), height - frame.bottom + 16);
      }
    });
    context.fillStyle = style('--ink');
    context.textAlign = 'center';
    context.fillText(axes[a].name, (frame.left + width - frame.right) / 2, height - 10);
    context.save();
    context.translate(14, (height - frame.bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(axes[b].name, 0, 0);
    context.restore();
    const dot = (i, size) => {
      const [x, y] = [places[a][i], places[b][i]];
      if (Number.isNaN(x) || Number.isNaN(y)) {
        return;
      }
      context.beginPath();
      context.arc(dotX(x, width), dotY(y, height), size, 0, 2 * Math.PI);
      context.fill();
    };
    order().forEach((i) => {
      context.globalAlpha = passes(i) ? 0.85 : 0.12;
      context.fillStyle = passes(i) ? inkOf(i) : style('--faint');
      dot(i, 4.5);
    });
    context.globalAlpha = 1;
    if (here >= 0) {
      context.fillStyle = style('--bad');
      dot(here, 7);
    }
  }

  function draw() {
    drawParallel();
    drawScatter();
  }

  // ---- pointer and keys ----

  const at = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  /** The run whose line is nearest to a place, within some pixels; -1 if none is. */
  function nearestLine(x, y) {
    const { clientWidth: width, clientHeight: height } = parallel;
    let best = -1;
    let least = 14;
    points.forEach((_, i) => {
      for (let a = 0; a + 1 < axes.length; a++) {
        const [x0, x1] = [axisX(a, width), axisX(a + 1, width)];
        if (x < x0 || x > x1 || !passes(i)) {
          continue;
        }
        const share = (x - x0) / (x1 - x0);
        const distance = Math.abs(axisY(places[a][i] + share * (places[a + 1][i] - places[a][i]), height) - y);
        if (distance < least) {
          least = distance;
          best = i;
        }
      }
    });
    return best;
  }

  function nearestDot(x, y) {
    const { clientWidth: width, clientHeight: height } = scatter;
    let best = -1;
    let least = 14;
    points.forEach((_, i) => {
      const distance = Math.hypot(dotX(places[across()][i], width) - x, dotY(places[up()][i], height) - y);
      if (distance < least && passes(i)) {
        least = distance;
        best = i;
      }
    });
    return best;
  }

  let dragged = null; // axis and where it began
  const placeAt = (y) => {
    const length = parallel.clientHeight - edge.bottom - edge.top;
    const place = (parallel.clientHeight - edge.bottom - y) / length;
    // Whoever begins a few pixels below the end means the end.
    const near = 8 / length;
    return place > 1 - near ? 1 : place < near ? 0 : place;
  };
  parallel.addEventListener('pointerdown', (event) => {
    const [x, y] = at(parallel, event);
    const near = axes.findIndex((_, a) => Math.abs(axisX(a, parallel.clientWidth) - x) < 12);
    if (near >= 0) {
      dragged = { axis: near, from: placeAt(y) };
      parallel.setPointerCapture(event.pointerId);
      event.preventDefault();
    }
  });
  parallel.addEventListener('pointermove', (event) => {
    const [x, y] = at(parallel, event);
    if (dragged) {
      const to = placeAt(y);
      kept.set(dragged.axis, [Math.min(dragged.from, to), Math.max(dragged.from, to)]);
      draw();
    } else {
      goTo(nearestLine(x, y));
    }
  });
  parallel.addEventListener('pointerup', (event) => {
    if (!dragged) {
      return;
    }
    // A click alone lets the axis go.
    if (Math.abs(placeAt(at(parallel, event)[1]) - dragged.from) < 0.01) {
      kept.delete(dragged.axis);
    }
    dragged = null;
    draw();
    filter();
  });
  parallel.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && points.length) {
      goTo((here + by + points.length + (here < 0 && by < 0 ? 1 : 0)) % points.length);
      event.preventDefault();
    }
  });
  scatter.addEventListener('pointermove', (event) => goTo(nearestDot(...at(scatter, event))));
  [parallel, scatter].forEach((canvas) => canvas.addEventListener('pointerleave', () => dragged || goTo(-1)));

  // ---- the table ----

  const box = document.getElementById('filter');
  const count = document.getElementById('count');
  function filter() {
    if (!table) {
      return;
    }
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    [...table.tBodies[0].rows].forEach((row) => {
      const has = row.textContent.toLowerCase();
      const isShown = passes(Number(row.dataset.i)) && words.every((word) => has.includes(word));
      row.hidden = !isShown;
      shown += isShown;
    });
    count.textContent = `${shown} of ${points.length}`;
  }
  if (table) {
    box.addEventListener('input', filter);
    document.getElementById('all').addEventListener('click', () => {
      box.value = '';
      kept.clear();
      draw();
      filter();
    });
    table.tBodies[0].addEventListener('pointerover', (event) => {
      const row = event.target.closest('tr');
      goTo(row ? Number(row.dataset.i) : -1);
    });
  }
  filter();

  new ResizeObserver(draw).observe(parallel);
  document.addEventListener('themechange', draw);
  draw();
  return { places, passes, kept, here: () => here, draw };
}

const page = {};
theme();
document.querySelectorAll('table.sortable').forEach(sortable);
if (document.getElementById('parallel')) {
  page.points = drawPoints(JSON.parse(document.getElementById('data').textContent));
}
