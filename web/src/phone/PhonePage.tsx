import { Alert, Card, Input, Segmented, Skeleton } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useTexts } from '../i18n';
import { useDemo } from '../session/demo';
import { PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { channels, useRecipients, type Channel } from './data';
import { Phone } from './Phone';

const listed = 200;

/** The phone simulator of the demo: whom a channel told, and each one's phone. The choice is part of the address. */
export default function PhonePage() {
  const { t, label } = useTexts();
  const demo = useDemo();
  const [search, setSearch] = useSearchParams();
  const channel = channels.find((code) => code === search.get('channel')) ?? 'sms';
  const recipient = search.get('to') ?? undefined;

  return (
    <>
      <PageHead title={t('phone.title')} subtitle={t('phone.intro')} />
      {demo === undefined && <Alert className="section" type="info" showIcon message={t('phone.notDev')} />}
      <div className="filters">
        <Segmented
          aria-label={t('phone.channel')}
          value={channel}
          onChange={(next) => setSearch({ channel: next })}
          options={channels.map((code) => ({ value: code, label: label('channel', code) }))}
        />
      </div>
      <div className="phone-layout">
        <Recipients key={channel} channel={channel} chosen={recipient} choose={(to) => setSearch({ channel, to })} />
        {recipient ? (
          <Phone key={`${channel} ${recipient}`} channel={channel} recipient={recipient} />
        ) : (
          <Card>
            <Nothing title={t('phone.choose')} />
          </Card>
        )}
      </div>
    </>
  );
}

function Recipients(props: { channel: Channel; chosen: string | undefined; choose: (recipient: string) => void }) {
  const { t } = useTexts();
  const { data, error, isPending, refetch } = useRecipients(props.channel);
  const [typed, setTyped] = useState('');
  const wanted = useDeferredValue(typed.trim());
  if (isPending) return <Skeleton active />;
  if (error) return <Failure cause={error} retry={() => void refetch()} />;

  const all = Object.entries(data.by_recipient ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const found = all.filter(([to]) => to.includes(wanted)).slice(0, listed);
  return (
    <Card size="small" styles={{ body: { padding: 0 } }} title={t('phone.recipient')}>
      {all.length === 0 ? (
        <Nothing title={t('phone.none')} hint={t('phone.noneHint')} />
      ) : (
        <>
          <div style={{ padding: 10 }}>
            <Input.Search allowClear placeholder={t('phone.search')} aria-label={t('phone.search')} value={typed} onChange={(event) => setTyped(event.target.value)} />
          </div>
          <div className="phone-list" data-testid="recipients">
            {found.map(([to, count]) => (
              <button type="button" key={to} aria-current={to === props.chosen} onClick={() => props.choose(to)}>
                <span className="line">
                  <span className="figures">{to}</span>
                  <span className="muted">{t('phone.count', { n: count })}</span>
                </span>
              </button>
            ))}
          </div>
        </>
      )}
    </Card>
  );
}
