'use strict';

/** Light or dark as the system has it, until the reader chooses. */
function theme() {
  const button = document.getElementById('theme');
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const set = (isDark) => {
    root.dataset.theme = isDark ? 'dark' : 'light';
    button.textContent = isDark ? 'Light' : 'Dark';
    button.setAttribute('aria-pressed', String(isDark));
    document.dispatchEvent(new Event('themechange'));
  };
  button.addEventListener('click', () => set(root.dataset.theme !== 'dark'));
  system.addEventListener('change', () => set(system.matches));
  set(system.matches);
}
