import { useEffect, useState } from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';

const key = 'critrace.theme';

const kept = (): Theme => {
  const value = localStorage.getItem(key);
  return value === 'light' || value === 'dark' ? value : 'auto';
};

/** What the person chose, kept in this browser; else what the system has. */
export const useTheme = () => {
  const [theme, setTheme] = useState<Theme>(kept);
  const system = matchMedia('(prefers-color-scheme: dark)');
  const [systemIsDark, setSystemIsDark] = useState(system.matches);
  useEffect(() => {
    const changed = (): void => setSystemIsDark(system.matches);
    system.addEventListener('change', changed);
    return () => system.removeEventListener('change', changed);
  }, []);
  const isDark = theme === 'dark' || (theme === 'auto' && systemIsDark);
  useEffect(() => {
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    if (theme === 'auto') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  }, [theme, isDark]);
  return { theme, isDark, set: setTheme };
};
