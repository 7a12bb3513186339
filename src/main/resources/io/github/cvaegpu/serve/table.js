'use strict';

/** How a run stands, in the order in which one wants to see it. */
const STATES = ['training', 'silent', 'died', 'diverged', 'failed', 'unreadable', 'stopped', 'completed', 'reading'];

/** What is said of each. */
const STANDINGS = {
  training: 'A process is training it.',
  silent: 'It says that a process is training it.',
  died: 'It ended without saying so.',
  diverged: 'It diverged.',
  failed: 'It failed.',
  unreadable: 'Its run.json cannot be read.',
  stopped: 'It was stopped, and can go on.',
  completed: 'It is complete.',
  reading: 'It is being read.',
};

/** By digits after the point; to make one takes longer than to use it a hundred times. */
const FORMATS = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** A number for people; nothing where there is none. */
function shown(value, digits) {
  return value === null ? '' : FORMATS[digits].format(value);
}

/** Local time to the minute; the year where it is another. */
function minute(date) {
  const two = (number) => String(number).padStart(2, '0');
  const year = date.getFullYear() === new Date().getFullYear() ? '' : `${date.getFullYear()}-`;
  return `${year}${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Columns: a name, what to sort by, and what is seen. */
const COLUMNS = [
  { name: 'run', by: (row) => row.name.toLowerCase() },
  { name: 'state', by: (row) => STATES.indexOf(row.state) },
  { name: 'model', by: (row) => row.model, text: (row) => row.model || '', wide: true },
  { name: 'set point', by: (row) => row.set_point, text: (row) => (row.set_point === null ? '' : String(row.set_point)), number: true },
  { name: 'latent', by: (row) => row.latent, text: (row) => shown(row.latent, 0), number: true },
  { name: 'seed', by: (row) => (row.seed === null ? null : Number(row.seed)), text: (row) => row.seed || '', number: true },
  {
    name: 'steps',
    by: (row) => row.steps,
    text: (row) => (row.steps === null ? '' : `${shown(row.steps, 0)} of ${shown(row.planned, 0)}`),
    number: true,
  },
  { name: 'RL', by: (row) => row.rl, text: (row) => shown(row.rl, 2), number: true },
  { name: 'KL', by: (row) => row.kl, text: (row) => shown(row.kl, 2), number: true },
  { name: 'ELBO', by: (row) => row.elbo, text: (row) => shown(row.elbo, 2), number: true },
  { name: 'beta', by: (row) => row.beta, text: (row) => (row.beta === null ? '' : row.beta.toPrecision(3)), number: true },
  { name: 'test ELBO', by: (row) => row.test_elbo, text: (row) => shown(row.test_elbo, 2), number: true },
  { name: 'last written', by: (row) => row.written, text: (row) => (row.written ? minute(new Date(row.written)) : ''), number: true },
];

/** The table: sorted, filtered, its runs chosen. */
class Table {
  /**
   * @param choose called with an id and whether it is chosen now; gives whether it may be
   */
  constructor(choose) {
    this.choose = choose;
    this.rows = new Map();
    this.lines = new Map();
    this.filled = new Map();
    this.chosen = new Set();
    this.isAll = true;
    this.isGreeted = false;
    this.sort = { column: COLUMNS.length - 1, descending: true };
    this.body = document.querySelector('#runs tbody');
    this.filter = document.getElementById('filter');
    this.state = document.getElementById('state');
    STATES.forEach((state) => this.state.add(new Option(state, state)));
    this.filter.addEventListener('input', () => this.draw());
    this.state.addEventListener('change', () => this.draw());
    this.drawHead();
  }

  drawHead() {
    const head = document.querySelector('#runs thead tr');
    const corner = document.createElement('th');
    corner.scope = 'col';
    corner.className = 'choose';
    corner.setAttribute('aria-label', 'chosen');
    head.replaceChildren(corner);
    COLUMNS.forEach((column, i) => {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.className = column.number ? 'number' : '';
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = column.name;
      button.addEventListener('click', () => {
        // Numbers and times are first wanted with the largest on top.
        const descending = this.sort.column === i ? !this.sort.descending : Boolean(column.number);
        this.sort = { column: i, descending };
        this.draw();
      });
      cell.append(button);
      head.append(cell);
    });
  }

  /** Forgets all, as the server begins to tell anew. */
  clear() {
    this.rows.clear();
  }

  /** Takes rows that are new or others, and the ids of runs that are gone. */
  take(event) {
    event.rows.forEach((row) => {
      this.rows.set(row.id, row);
      // All are told of again when a stream begins anew.
      const text = JSON.stringify(row);
      if (this.filled.get(row.id) !== text) {
        this.filled.set(row.id, text);
        this.fill(row);
      }
    });
    event.gone.forEach((id) => this.rows.delete(id));
    [...this.lines.keys()]
      .filter((id) => !this.rows.has(id))
      .forEach((id) => {
        this.lines.delete(id);
        this.filled.delete(id);
      });
    this.isAll = event.is_all;
    this.isGreeted = true;
    this.draw();
  }

  /** Marks the chosen ones. */
  mark(ids) {
    this.chosen = new Set(ids);
    this.lines.forEach((line, id) => {
      line.querySelector('input').checked = this.chosen.has(id);
      line.classList.toggle('chosen', this.chosen.has(id));
    });
  }

  lineOf(row) {
    let line = this.lines.get(row.id);
    if (!line) {
      line = document.createElement('tr');
      const choose = document.createElement('td');
      choose.className = 'choose';
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.checked = this.chosen.has(row.id);
      box.setAttribute('aria-label', `show curves of ${row.name}`);
      box.addEventListener('change', () => {
        box.checked = this.choose(row.id, box.checked);
      });
      choose.append(box);
      line.append(choose);
      COLUMNS.forEach((column) => {
        const cell = document.createElement(column.name === 'run' ? 'th' : 'td');
        if (column.name === 'run') {
          cell.scope = 'row';
          const link = document.createElement('a');
          link.href = `#run=${row.id}`;
          cell.append(link);
        }
        cell.dataset.of = column.name;
        cell.className = [column.number ? 'number' : '', column.wide ? 'wide' : ''].join(' ').trim();
        line.append(cell);
      });
      line.classList.toggle('chosen', this.chosen.has(row.id));
      this.lines.set(row.id, line);
    }
    return line;
  }

  fill(row) {
    const cells = this.lineOf(row).children;
    COLUMNS.forEach((column, i) => {
      const cell = cells[i + 1];
      if (column.name === 'run') {
        cell.firstChild.textContent = row.name;
      } else if (column.name === 'state') {
        cell.replaceChildren(badge(row));
      } else {
        const text = column.text(row);
        if (cell.textContent !== text) {
          cell.textContent = text;
        }
        cell.classList.toggle('empty', text === '');
      }
    });
  }

  matches(row) {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = [row.name, row.state, row.model, row.likelihood, row.seed === null ? '' : `seed ${row.seed}`, row.started]
      .join(' ')
      .toLowerCase();
    return (!this.state.value || row.state === this.state.value) && words.every((word) => text.includes(word));
  }

  draw() {
    const { by } = COLUMNS[this.sort.column];
    const sign = this.sort.descending ? -1 : 1;
    const compare = (a, b) => {
      const left = by(a);
      const right = by(b);
      // What has no value comes last, whichever way.
      if (left === null || right === null) {
        return (left === null) - (right === null);
      }
      return sign * (left < right ? -1 : left > right ? 1 : 0);
    };
    const seen = [...this.rows.values()]
      .filter((row) => this.matches(row))
      .sort((a, b) => compare(a, b) || (a.name < b.name ? -1 : 1));
    const lines = seen.map((row) => this.lines.get(row.id));
    const isOther = lines.length !== this.body.children.length || lines.some((line, i) => this.body.children[i] !== line);
    if (isOther) {
      const focused = document.activeElement;
      this.body.replaceChildren(...lines);
      if (focused && focused !== document.activeElement && this.body.contains(focused)) {
        focused.focus();
      }
    }
    document.querySelectorAll('#runs thead th:not(.choose)').forEach((cell, i) => {
      if (i === this.sort.column) {
        cell.setAttribute('aria-sort', this.sort.descending ? 'descending' : 'ascending');
      } else {
        cell.removeAttribute('aria-sort');
      }
    });
    const all = this.rows.size;
    const count = document.getElementById('count');
    const text =
      (seen.length === all ? `${shown(all, 0)} run${all === 1 ? '' : 's'}` : `${shown(seen.length, 0)} of ${shown(all, 0)} runs`) +
      (this.isAll ? '' : '; the folder has more than are looked for');
    if (this.isGreeted && count.textContent !== text) {
      count.textContent = text;
    }
    const none = document.getElementById('none');
    none.hidden = !this.isGreeted || seen.length > 0;
    none.textContent = all === 0 ? 'There is no run here yet; the page shows one as soon as there is.' : 'No run matches.';
  }
}

/** The state in its colour. */
function badge(row) {
  const span = document.createElement('span');
  span.className = `state ${row.state}`;
  span.textContent = row.stopping ? 'stopping' : row.state;
  span.title = row.says || STANDINGS[row.state];
  return span;
}
