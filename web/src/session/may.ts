import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';

/** The actions that pages ask about; the service knows more. */
export type Action = 'see-campaigns' | 'run-campaigns' | 'handle-cases' | 'import' | 'enter-readings' | 'run-billing' | 'edit-policies' | 'take-money' | 'reverse-money' | 'correct-money' | 'decide-money' | 'see-estate' | 'see-money' | 'close-day' | 'close-month' | 'see-reports' | 'sign-off';

/** Who the caller is to the service, with what they may do somewhere. */
export const useMe = () => useQuery({ queryKey: ['me'], queryFn: () => body(api.GET('/api/v1/me')), staleTime: 60_000 });

/**
 * Tells whether the caller may do something somewhere, so that a page can leave out what would be refused. While the answer is not there
 * nothing is left out: the service refuses by itself.
 */
export function useMay(): (action: Action) => boolean {
  const allowed = useMe().data?.actions;
  return (action) => !allowed || allowed.includes(action);
}
