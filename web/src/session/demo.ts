import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';

/** One login that the demo offers. */
export interface DemoLogin {
  role: string;
  login: string;
  password: string;
}

/** The logins of the demo, or nothing where the service is not a demo; only a demo serves this address. */
export function useDemo(): DemoLogin[] | undefined {
  const { data } = useQuery({
    queryKey: ['demo'],
    queryFn: () => get<{ items: DemoLogin[] }>('/dev/logins').then((answer) => answer.items ?? []).catch(() => null),
    staleTime: Infinity,
    retry: false,
  });
  return data ?? undefined;
}
