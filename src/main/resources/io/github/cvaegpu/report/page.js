'use strict';

const page = {};
theme();
{
  const data = JSON.parse(document.getElementById('data').textContent);
  if (document.querySelector('.charts')) {
    page.charts = drawCharts(data);
  }
  if (document.getElementById('map')) {
    page.explorer = explore(data);
  }
}
