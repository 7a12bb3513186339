'use strict';

/** The mean of a pixel by the decoder's output for it, as Java's Likelihood has it under the same name. */
const MEANS = {
  bernoulli: (logit) => 1 / (1 + Math.exp(-logit)),
  continuous_bernoulli: (logit) => {
    if (Math.abs(logit) < 0.05) {
      const q = logit * logit;
      return 0.5 + logit * (1 / 12 - q * (1 / 720 - q * (1 / 30240 - q / 1209600)));
    }
    return -1 / Math.expm1(-logit) - 1 / logit;
  },
  gaussian: (mean) => mean,
};

/** What a hidden unit makes of its sum, as Java's Activation has it under the same name. */
const ACTIVATIONS = {
  relu: (sum) => Math.max(0, sum),
  tanh: Math.tanh,
};

/** The decoder of one model, as Java's EmbeddedDecoder packs it: 12 bits a weight, a scale a row. */
class Decoder {
  constructor(json) {
    this.activation = ACTIVATIONS[json.activation];
    this.mean = MEANS[json.likelihood];
    this.layers = json.layers.map((layer) => {
      const packed = bytesOf(layer.weights);
      const scales = new Float32Array(floatsOf(layer.scales));
      const weights = new Float32Array(layer.out * layer.in);
      for (let i = 0; i < weights.length; i++) {
        // Two weights in three bytes, the first in the low bits.
        const at = (i >> 1) * 3;
        const word = i % 2 === 0 ? packed[at] | ((packed[at + 1] & 15) << 8) : (packed[at + 1] >> 4) | (packed[at + 2] << 4);
        weights[i] = (word - 2048) * scales[Math.floor(i / layer.in)];
      }
      return { in: layer.in, out: layer.out, weights, bias: floatsOf(layer.bias) };
    });
  }

  /** Intensities from 0 to 1 of the image at a latent point. */
  decode(z) {
    let values = Float32Array.from(z);
    this.layers.forEach((layer, index) => {
      const next = new Float32Array(layer.out);
      const isLast = index === this.layers.length - 1;
      for (let o = 0; o < layer.out; o++) {
        let sum = layer.bias[o];
        const row = o * layer.in;
        for (let i = 0; i < layer.in; i++) {
          sum += layer.weights[row + i] * values[i];
        }
        next[o] = isLast ? this.mean(sum) : this.activation(sum);
      }
      values = next;
    });
    return values;
  }
}

/** 32-bit floats, little-endian whatever the machine. */
function floatsOf(text) {
  const view = new DataView(bytesOf(text).buffer);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** The latent map of a model, and the image that it draws wherever one points. */
function explore(data) {
  const models = data.runs.filter((run) => run.model);
  const chooser = document.getElementById('model');
  const map = document.getElementById('map');
  const digit = document.getElementById('digit');
  const place = document.getElementById('place');
  const legend = document.getElementById('labels');
  const sliders = document.getElementById('sliders');
  const hidden = new Set();
  const labelColours = () =>
    document.documentElement.dataset.theme === 'dark' ? data.dark_label_colours : data.label_colours;
  let model;
  let z;

  function choose(index) {
    const json = models[index].model;
    const points = json.points && {
      x: decodeWords(json.points.x),
      y: decodeWords(json.points.y),
      labels: json.points.labels && bytesOf(json.points.labels),
    };
    model = { ...json, decoder: new Decoder(json.decoder), points };
    z = start(json);
    document.getElementById('about').textContent = json.about;
    drawLegend();
    drawSliders();
    moveTo(z);
  }

  /** The prior's middle, or that of the map where it does not show the other well within it. */
  function start(json) {
    const axes = [[json.first, json.left, json.right]];
    if (json.second >= 0) {
      axes.push([json.second, json.bottom, json.top]);
    }
    const point = new Array(json.latent).fill(0);
    const margin = 0.02;
    if (axes.some(([, low, high]) => -low < margin * (high - low) || high < margin * (high - low))) {
      axes.forEach(([dimension, low, high]) => {
        point[dimension] = (low + high) / 2;
      });
    }
    return point;
  }

  const decodeWords = (range) => {
    const scale = (range.high - range.low) / 65535;
    return Float64Array.from(wordsOf(range.words), (word) => range.low + scale * word);
  };

  // ---- the plane ---------------------------------------------------------------------------------

  const toX = (value) => ((value - model.left) / (model.right - model.left)) * map.width;
  const toY = (value) => (1 - (value - model.bottom) / (model.top - model.bottom)) * map.height;
  const fromX = (x) => model.left + (x / map.width) * (model.right - model.left);
  const fromY = (y) => model.bottom + (1 - y / map.height) * (model.top - model.bottom);

  function drawMap() {
    const side = Math.round(map.clientWidth * devicePixelRatio);
    if (map.width !== side) {
      map.width = side;
      map.height = side;
    }
    const graphics = map.getContext('2d');
    graphics.clearRect(0, 0, side, side);
    const style = getComputedStyle(document.documentElement);
    graphics.strokeStyle = style.getPropertyValue('--line');
    graphics.lineWidth = devicePixelRatio;
    graphics.beginPath();
    graphics.moveTo(toX(0), 0);
    graphics.lineTo(toX(0), side);
    graphics.moveTo(0, toY(0));
    graphics.lineTo(side, toY(0));
    graphics.stroke();
    const colours = labelColours();
    if (model.points) {
      const radius = 1.7 * devicePixelRatio;
      graphics.globalAlpha = 0.55;
      for (let i = 0; i < model.points.x.length; i++) {
        const label = model.points.labels ? model.points.labels[i] : 0;
        if (hidden.has(label)) {
          continue;
        }
        graphics.fillStyle = colours[label % colours.length];
        graphics.beginPath();
        graphics.arc(toX(model.points.x[i]), toY(model.points.y[i]), radius, 0, 2 * Math.PI);
        graphics.fill();
      }
      graphics.globalAlpha = 1;
    }
    const x = toX(z[model.first]);
    const y = model.second < 0 ? side / 2 : toY(z[model.second]);
    graphics.strokeStyle = style.getPropertyValue('--ink');
    graphics.lineWidth = 2 * devicePixelRatio;
    graphics.beginPath();
    graphics.arc(x, y, 7 * devicePixelRatio, 0, 2 * Math.PI);
    graphics.stroke();
  }

  function drawDigit() {
    const pixels = model.decoder.decode(z);
    digit.width = model.width;
    digit.height = model.height;
    const graphics = digit.getContext('2d');
    const image = graphics.createImageData(model.width, model.height);
    pixels.forEach((value, i) => {
      const grey = Math.round(255 * Math.min(1, Math.max(0, value)));
      image.data.set([grey, grey, grey, 255], 4 * i);
    });
    graphics.putImageData(image, 0, 0);
  }

  function moveTo(point) {
    z = point;
    drawMap();
    drawDigit();
    place.textContent =
      z.length <= 3 ? z.map((value, j) => `z${j + 1} = ${value.toFixed(2)}`).join(', ') : `z1 to z${z.length} as on the sliders`;
    sliders.querySelectorAll('input').forEach((slider, j) => {
      slider.value = z[j];
      slider.nextElementSibling.textContent = z[j].toFixed(2);
    });
  }

  function moved(dimension, value) {
    const point = [...z];
    point[dimension] = value;
    return point;
  }

  // ---- controls ----------------------------------------------------------------------------------

  function drawLegend() {
    legend.replaceChildren();
    hidden.clear();
    if (!model.points || !model.points.labels) {
      return;
    }
    [...new Set(model.points.labels)]
      .sort((a, b) => a - b)
      .forEach((label) => {
        const box = document.createElement('input');
        box.type = 'checkbox';
        box.checked = true;
        box.addEventListener('change', () => {
          if (box.checked) {
            hidden.delete(label);
          } else {
            hidden.add(label);
          }
          drawMap();
        });
        const swatch = document.createElement('span');
        swatch.className = 'swatch';
        swatch.style.setProperty('--light', data.label_colours[label % data.label_colours.length]);
        swatch.style.setProperty('--dark', data.dark_label_colours[label % data.dark_label_colours.length]);
        const entry = document.createElement('label');
        entry.className = 'check';
        entry.append(box, swatch, String(label));
        legend.append(entry);
      });
  }

  function drawSliders() {
    sliders.replaceChildren();
    if (model.latent === 2) {
      return;
    }
    for (let j = 0; j < model.latent; j++) {
      const slider = document.createElement('input');
      slider.type = 'range';
      slider.min = -4;
      slider.max = 4;
      slider.step = 0.05;
      slider.addEventListener('input', () => moveTo(moved(j, Number(slider.value))));
      const entry = document.createElement('label');
      entry.append(`z${j + 1}`, slider, document.createElement('output'));
      sliders.append(entry);
    }
  }

  function pointAt(event) {
    const box = map.getBoundingClientRect();
    const x = fromX(((event.clientX - box.left) / box.width) * map.width);
    const y = fromY(((event.clientY - box.top) / box.height) * map.height);
    const point = moved(model.first, x);
    if (model.second >= 0) {
      point[model.second] = y;
    }
    moveTo(point);
  }
  map.addEventListener('pointermove', pointAt);
  map.addEventListener('pointerdown', pointAt);
  map.addEventListener('keydown', (event) => {
    const by = (event.shiftKey ? 0.02 : 0.005) * (model.right - model.left);
    const steps = {
      ArrowLeft: [model.first, -by],
      ArrowRight: [model.first, by],
      ArrowUp: [model.second, by],
      ArrowDown: [model.second, -by],
    };
    const step = steps[event.key];
    if (step && step[0] >= 0) {
      moveTo(moved(step[0], z[step[0]] + step[1]));
      event.preventDefault();
    }
  });
  models.forEach((run, i) => chooser.add(new Option(run.name, i)));
  chooser.addEventListener('change', () => choose(Number(chooser.value)));
  new ResizeObserver(drawMap).observe(map);
  document.addEventListener('themechange', drawMap);
  choose(0);
  return { moveTo, pixels: () => Array.from(model.decoder.decode(z)), z: () => z };
}
