import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { DemoLogin } from '../api/model';

/** The logins of the demo, or nothing where the service is not a demo; only a demo serves this address. */
export function useDemo(): DemoLogin[] | undefined {
  const { data } = useQuery({
    queryKey: ['demo'],
    queryFn: async () => {
      const logins = await body(api.GET('/api/v1/dev/logins')).catch(() => undefined);
      return logins ? (logins.items ?? []) : null;
    },
    staleTime: Infinity,
    retry: false,
  });
  return data ?? undefined;
}
