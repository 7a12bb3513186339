'use strict';

/** Curves that are shown at once; the server shows no more. */
const MOST_SHOWN = 24;

/** Runs whose curves are shown where nothing is chosen yet. */
const SHOWN_AT_FIRST = 3;

const DASHES = [undefined, [8, 4], [2, 3], [12, 3, 2, 3]];

/** What the address asks for: a run, or runs to compare. */
function asked() {
  const words = new URLSearchParams(location.hash.slice(1));
  const runs = (words.get('runs') || '').split(',').filter(Boolean).slice(0, MOST_SHOWN);
  return { run: words.get('run'), runs, token: words.get('token') };
}

/**
 * The token by which runs can be stopped: taken out of the address, so that nobody who is shown the page or sent the
 * address has it too, and kept for as long as this tab is open.
 */
function takeToken() {
  const { token } = asked();
  if (token) {
    sessionStorage.setItem('token', token);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem('token');
}

/** The page as a whole, for the tests too. */
const page = { charts: null, explorer: null, table: null, live: null };

function serve() {
  const token = takeToken();
  let hello = { may_stop: false, colours: ['#000000'], dark_colours: ['#ffffff'] };
  let isFirst = asked().runs.length === 0 && !asked().run;
  let chosen = asked().runs;
  let run = null;
  let drawn = '';
  let isDue = false;
  const element = (id) => document.getElementById(id);

  // ---- curves ----------------------------------------------------------------------------------

  const shownNow = () => (run ? [run] : chosen);

  /** Draws the charts anew where other runs are shown, or they have names and set points by now. */
  function drawCurves() {
    const rows = shownNow().map((id) => page.table.rows.get(id)).filter(Boolean);
    const colours = hello.colours;
    const wanted = JSON.stringify([rows.map((row) => [row.id, row.name, row.set_point]), colours]);
    if (wanted === drawn) {
      return;
    }
    drawn = wanted;
    if (page.charts) {
      page.charts.close();
      page.charts = null;
    }
    const place = element('curves');
    place.replaceChildren();
    if (rows.length === 0) {
      const note = document.createElement('p');
      note.className = 'note';
      note.textContent = run ? 'This run is not here.' : 'Choose runs in the table to see their curves.';
      note.hidden = page.table.rows.size === 0;
      place.append(note);
      return;
    }
    place.append(element('charts').content.cloneNode(true));
    const runs = rows.map((row, i) => ({
      name: row.name,
      colour: colours[i % colours.length],
      dark_colour: hello.dark_colours[i % colours.length],
      dash: DASHES[Math.floor(i / colours.length) % DASHES.length],
      set_point: row.set_point,
      curves: page.live.of(row.id),
    }));
    runs.forEach((each, i) => {
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.checked = true;
      box.dataset.run = i;
      const swatch = document.createElement('span');
      swatch.className = `swatch dash${Math.floor(i / colours.length)}`;
      swatch.style.setProperty('--light', each.colour);
      swatch.style.setProperty('--dark', each.dark_colour);
      const label = document.createElement('label');
      label.className = 'check';
      label.append(box, swatch, each.name);
      element('shown').append(label);
    });
    page.charts = drawCharts({ runs });
    drawProblems();
  }

  /** Once a frame, however many pieces have come. */
  function growSoon() {
    if (!isDue) {
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        if (page.charts) {
          page.charts.grow();
        }
      });
    }
  }

  /** What is wrong with the logs that are shown. */
  const problems = new Map();

  function drawProblems() {
    const place = document.getElementById('problem');
    if (place) {
      const said = shownNow().map((id) => problems.get(id)).filter(Boolean);
      place.hidden = said.length === 0;
      place.textContent = said.join(' ');
    }
  }

  // ---- choosing --------------------------------------------------------------------------------

  function goTo(words) {
    isFirst = false;
    history.replaceState(null, '', words ? `#${words}` : location.pathname);
    follow();
  }

  function choose(id, isChosen) {
    const others = chosen.filter((each) => each !== id);
    if (isChosen && others.length === MOST_SHOWN) {
      element('count').textContent = `Curves of ${MOST_SHOWN} runs are shown at most: leave one out first.`;
      return false;
    }
    const next = isChosen ? [...others, id] : others;
    goTo(next.length ? `runs=${next.join(',')}` : '');
    return isChosen;
  }

  /** Shows what the address asks for. */
  function follow() {
    const now = asked();
    const wasRun = run;
    run = now.run;
    if (!run && (now.runs.length > 0 || !wasRun)) {
      chosen = now.runs;
    } else if (!run) {
      history.replaceState(null, '', chosen.length ? `#runs=${chosen.join(',')}` : location.pathname);
    }
    element('list').hidden = Boolean(run);
    ['one', 'space', 'tables'].forEach((id) => {
      element(id).hidden = !run;
    });
    page.table.mark(chosen);
    page.live.show(shownNow());
    drawCurves();
    drawAbout();
    if (run !== wasRun) {
      page.explorer = null;
      element('space').replaceChildren();
      element('tables').replaceChildren();
      scrollTo(0, 0);
      if (run) {
        element('answer').textContent = '';
        showModel(run, false);
        showTables(run);
      }
    }
  }

  /** Where nothing was ever chosen: what trains, or else what was written last. */
  function chooseFirst() {
    const rows = [...page.table.rows.values()];
    if (!isFirst || rows.length === 0 || rows.some((row) => row.state === 'reading')) {
      return;
    }
    isFirst = false;
    rows.sort((a, b) => b.written - a.written);
    const training = rows.filter((row) => row.state === 'training').slice(0, SHOWN_AT_FIRST);
    chosen = (training.length ? training : rows.slice(0, 1)).map((row) => row.id);
    page.table.mark(chosen);
    page.live.show(shownNow());
  }

  // ---- one run ---------------------------------------------------------------------------------

  function drawAbout() {
    const row = run && page.table.rows.get(run);
    document.title = row ? row.name : 'Runs';
    if (!row) {
      element('name').textContent = '';
      element('standing').textContent = '';
      element('stopping').hidden = true;
      element('says').hidden = true;
      return;
    }
    element('name').textContent = row.name;
    const standing = element('standing');
    const steps = row.steps === null ? '' : ` ${shown(row.steps, 0)} of ${shown(row.planned, 0)} steps are done.`;
    standing.replaceChildren(badge(row), `. ${row.stopping ? 'It was asked to stop.' : STANDINGS[row.state]}${steps}`);
    element('says').hidden = !row.says;
    element('says').textContent = row.says || '';
    element('stopping').hidden = !hello.may_stop || !token || row.state !== 'training';
    element('stop').disabled = row.stopping;
  }

  async function showTables(id) {
    const answer = await fetch(`/api/runs/${id}/tables`);
    if (run !== id) {
      return;
    }
    if (answer.ok) {
      element('tables').innerHTML = (await answer.json()).html;
    } else {
      element('tables').replaceChildren(note(await answer.text(), 'warning'));
    }
  }

  function note(text, kind) {
    const paragraph = document.createElement('p');
    paragraph.className = kind || 'note';
    paragraph.textContent = text;
    return paragraph;
  }

  async function showModel(id, renew) {
    const place = element('space');
    if (!place.hasChildNodes()) {
      place.append(note('The model is being looked at.'));
    }
    let answer = await fetch(`/api/runs/${id}/model${renew ? '?renew=1' : ''}`);
    while (answer.status === 202 && run === id) {
      await new Promise((then) => {
        setTimeout(then, 300);
      });
      answer = await fetch(`/api/runs/${id}/model`);
    }
    if (run !== id) {
      return;
    }
    if (!answer.ok) {
      place.replaceChildren(note(await answer.text()), again(id));
      return;
    }
    const model = await answer.json();
    const data = model.has_data && (await (await fetch(`/api/runs/${id}/explorer`)).json());
    if (run !== id) {
      return;
    }
    place.innerHTML = model.explorer;
    place.append(...model.notes.map((text) => note(text, 'warning')));
    if (data) {
      page.explorer = explore(data);
    }
    if (model.has_pictures) {
      place.append(pictures(id, model.step));
    }
    place.append(note(`This is the model of the checkpoint after step ${shown(model.step, 0)}.`), again(id));
  }

  function again(id) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Show the newest checkpoint';
    button.addEventListener('click', () => {
      button.disabled = true;
      showModel(id, true);
      showTables(id);
    });
    return button;
  }

  function pictures(id, step) {
    const figure = document.createElement('figure');
    ['light', 'dark'].forEach((theme) => {
      const image = document.createElement('img');
      image.className = `when-${theme}`;
      image.alt = 'Test images and what the model makes of them';
      image.src = `/api/runs/${id}/picture?theme=${theme}&step=${step}`;
      figure.append(image);
    });
    const caption = document.createElement('figcaption');
    caption.textContent = 'Test images and what the model makes of them';
    figure.append(caption);
    return figure;
  }

  async function stop() {
    const id = run;
    const row = page.table.rows.get(id);
    if (!confirm(`Stop ${row.name}? It writes a checkpoint first, and can go on later.`)) {
      return;
    }
    const answer = await fetch(`/api/runs/${id}/stop`, { method: 'POST', headers: { 'X-Cvae-Gpu-Token': token } });
    element('answer').textContent = await answer.text();
  }

  // ---- all together ----------------------------------------------------------------------------

  page.table = new Table(choose);
  page.live = new Live({
    hello(event) {
      hello = event;
      page.table.clear();
    },
    rows(event) {
      page.table.take(event);
      chooseFirst();
      drawCurves();
      drawAbout();
    },
    curves(event) {
      problems.set(event.run, event.problem);
      drawProblems();
      growSoon();
    },
    connected(isConnected) {
      element('connection').textContent = isConnected ? '' : 'Not connected; trying again';
    },
  });
  element('stop').addEventListener('click', stop);
  element('unchoose').addEventListener('click', () => goTo(''));
  addEventListener('hashchange', () => {
    isFirst = false;
    follow();
  });
  follow();
}

theme();
serve();
