import { Button, Skeleton } from 'antd';
import { Fragment, useEffect, useRef, useState } from 'react';
import { dateTime, day, sameDay } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { Failure, Nothing } from '../shell/states';
import type { Received } from '../api/model';
import { useReceived, type Channel } from './data';
import { PayDialog } from './PayDialog';

/** One phone: its messages as bubbles, oldest first, following the newest. */
export function Phone({ channel, recipient }: { channel: Channel; recipient: string }) {
  const { t, label } = useTexts();
  const may = useMay();
  const { data, error, isPending, refetch } = useReceived(channel, recipient);
  const [paying, setPaying] = useState<string>();
  const screen = useRef<HTMLDivElement>(null);
  const newest = data?.items?.[0]?.id;

  useEffect(() => {
    if (newest && screen.current) screen.current.scrollTop = screen.current.scrollHeight;
  }, [newest]);

  const oldestFirst = [...(data?.items ?? [])].reverse();
  return (
    <section className="phone" aria-label={`${label('channel', channel)} ${recipient}`} data-testid="phone">
      <div className="phone-bar figures">
        {recipient}
        <small>{label('channel', channel)}</small>
      </div>
      <div className="phone-screen" ref={screen} tabIndex={0} role="log" aria-live="polite">
        {isPending && <Skeleton active />}
        {error && <Failure cause={error} retry={() => void refetch()} />}
        {data && oldestFirst.length === 0 && <Nothing title={t('phone.none')} />}
        {oldestFirst.map((received, index) => {
          const before = oldestFirst[index - 1];
          return (
            <Fragment key={received.id}>
              {(!before || !sameDay(before.at, received.at)) && <div className="phone-day figures">{day(received.at)}</div>}
              <Bubble received={received} pay={may('take-money') ? () => setPaying(received.key) : undefined} />
            </Fragment>
          );
        })}
      </div>
      {paying && <PayDialog messageId={paying} close={() => setPaying(undefined)} />}
    </section>
  );
}

function Bubble({ received, pay }: { received: Received; pay: (() => void) | undefined }) {
  const { t } = useTexts();
  return (
    <div className="bubble-row" data-testid="bubble">
      <div className="bubble">{received.text}</div>
      <div className="bubble-foot figures">
        <time dateTime={received.at}>{dateTime(received.at).slice(11)}</time>
        {pay && (
          <Button size="small" type="link" style={{ paddingInline: 0 }} onClick={pay}>
            {t('phone.pay')}
          </Button>
        )}
      </div>
    </div>
  );
}
