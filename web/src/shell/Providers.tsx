import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { useMemo, useState, type ReactNode } from 'react';
import { Problem } from '../api/problem';
import { keepLanguage, language, LanguageContext, type Language } from '../i18n';
import { theme } from './theme';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, cause) => failures < 2 && cause instanceof Problem && (cause.status === 0 || cause.status >= 500),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

/** Forgets all that was read, so that nobody sees what the user before was shown. */
export function forgetAll(): void {
  queries.clear();
}

/** Gives the pages their texts, look and data cache. */
export function Providers({ children }: { children: ReactNode }) {
  const [chosen, setChosen] = useState<Language>(language());
  const languageValue = useMemo(
    () => ({
      language: chosen,
      choose: (next: Language) => {
        keepLanguage(next);
        setChosen(next);
      },
    }),
    [chosen],
  );
  return (
    <LanguageContext value={languageValue}>
      <ConfigProvider locale={chosen === 'zh' ? zhCN : enUS} theme={theme} button={{ autoInsertSpace: false }}>
        <App message={{ maxCount: 3 }}>
          <QueryClientProvider client={queries}>{children}</QueryClientProvider>
        </App>
      </ConfigProvider>
    </LanguageContext>
  );
}
