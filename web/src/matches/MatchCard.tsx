import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Space, Tag } from 'antd';
import { useState } from 'react';
import type { MatchedPerson, PersonMatch } from '../api/model';
import { day } from '../format/time';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { decideMatch } from './data';
import './matches.css';

/** Two records side by side, why they may be one person, and the decision. A refused merge says here what stands against it. */
export function MatchCard({ match }: { match: PersonMatch }) {
  const { t, label } = useTexts();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const [sending, setSending] = useState<'same' | 'different'>();
  const [failure, setFailure] = useState<unknown>();

  const decide = async (same: boolean) => {
    setSending(same ? 'same' : 'different');
    setFailure(undefined);
    try {
      await decideMatch(match, same);
      void message.success(t(same ? 'matches.doneSame' : 'matches.doneDifferent'));
      await queries.invalidateQueries({ queryKey: ['import', 'matches'] });
      void queries.invalidateQueries({ queryKey: ['community'] });
    } catch (cause) {
      setFailure(cause);
    }
    setSending(undefined);
  };
  const merge = () =>
    void modal.confirm({
      title: t('matches.yesTitle'),
      content: t('matches.yesText', { person: match.person.name, other: match.other.name }),
      okText: t('matches.yes'),
      cancelText: t('common.cancel'),
      onOk: () => decide(true),
    });

  return (
    <Card className="section" size="small" data-testid="match" title={<Tag color="warning">{label('matchWhy', match.why)}</Tag>} extra={<span className="muted figures">{day(match.noted_at)}</span>}>
      <Facts person={match.person} other={match.other} />
      {failure !== undefined && (
        <div style={{ marginTop: 12 }}>
          <Failure cause={failure} />
        </div>
      )}
      {match.status === 'open' ? (
        <Space wrap style={{ marginTop: 14 }}>
          <Button type="primary" loading={sending === 'same'} disabled={sending === 'different'} onClick={merge}>
            {t('matches.yes')}
          </Button>
          <Button loading={sending === 'different'} disabled={sending === 'same'} onClick={() => void decide(false)}>
            {t('matches.no')}
          </Button>
        </Space>
      ) : (
        <div className="muted" style={{ marginTop: 10 }}>
          {label('matches', match.status)} · {day(match.decided_at)}
        </div>
      )}
    </Card>
  );
}

/** The facts of both, line by line; what both have is marked as equal or different. */
function Facts({ person, other }: { person: MatchedPerson; other: MatchedPerson }) {
  const { t } = useTexts();
  const lines = [
    { name: t('matches.name'), left: person.name, right: other.name, compared: true },
    { name: t('matches.phone'), left: person.phone, right: other.phone, compared: true },
    { name: t('matches.idNo'), left: person.id_no_last4, right: other.id_no_last4, compared: true },
    { name: t('matches.units'), left: (person.units ?? []).join('、'), right: (other.units ?? []).join('、'), compared: false },
  ];
  return (
    <table className="match-facts">
      <thead>
        <tr>
          <td />
          <th scope="col">{t('matches.kept')}</th>
          <th scope="col">{t('matches.merged')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ name, left, right, compared }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{left || '—'}</td>
            <td>
              {right || '—'} {compared && left && right && <Tag color={left === right ? 'success' : 'error'}>{t(left === right ? 'matches.equal' : 'matches.differ')}</Tag>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
