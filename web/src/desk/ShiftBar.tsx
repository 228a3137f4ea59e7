import { Button, Select, Skeleton, Space } from 'antd';
import { useState } from 'react';
import type { Shift } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { Failure } from '../shell/states';
import { changeBook, spoil, useBooks, useRefresh, useShift } from './data';
import { CloseShiftDialog, OpenShiftDialog } from './ShiftDialogs';

/** The cashier's shift: what should lie in the drawer, the receipts in use, opening and closing. */
export function ShiftBar({ communityId }: { communityId: string }) {
  const { t } = useTexts();
  const { data, error, isPending, refetch } = useShift(communityId);
  const [opening, setOpening] = useState(false);
  // The dialog holds its shift: the list forgets the shift as soon as it is closed, and the pay-in slip is still to come.
  const [closing, setClosing] = useState<Shift>();
  if (error) return <Failure cause={error} retry={() => void refetch()} />;
  if (isPending) return <Skeleton active paragraph={false} />;
  return (
    <div className="desk-shift" data-testid="desk-shift">
      {data ? <OpenOne shift={data} /> : <span className="muted">{t('desk.noShift')}</span>}
      <span className="spring" />
      {data ? (
        <Button onClick={() => setClosing(data)}>{t('desk.closeShift')}</Button>
      ) : (
        <Button type="primary" onClick={() => setOpening(true)}>
          {t('desk.openShift')}
        </Button>
      )}
      {opening && <OpenShiftDialog communityId={communityId} close={() => setOpening(false)} />}
      {closing && <CloseShiftDialog shift={data?.id === closing.id ? data : closing} close={() => setClosing(undefined)} />}
    </div>
  );
}

function OpenOne({ shift }: { shift: Shift }) {
  const { t } = useTexts();
  const items: [string, number][] = [
    [t('desk.floatShort'), shift.float_fen],
    [t('desk.cashIn'), shift.cash_in_fen],
    [t('desk.cashOut'), shift.cash_out_fen],
    [t('desk.expected'), shift.expected_fen],
  ];
  return (
    <>
      <b>{t('desk.shiftSince', { slip: shift.slip_no, time: dateTime(shift.opened_at) })}</b>
      {items.map(([name, fen]) => (
        <span className="item figures" key={name}>
          <small>{name}</small>
          <b>{yuan(fen)}</b>
        </span>
      ))}
      <Book shift={shift} />
    </>
  );
}

/** The receipts that the shift uses; a paper sheet that was spoiled is voided here. */
function Book({ shift }: { shift: Shift }) {
  const { t } = useTexts();
  const refresh = useRefresh();
  const books = useBooks(shift.community_id).data ?? [];
  const [failure, setFailure] = useState<unknown>();
  const [ask, setAsk] = useState<ReasonAsk>();
  if (books.length === 0 && !shift.receipt_book_id) return null;
  const inUse = books.find((book) => book.id === shift.receipt_book_id);
  const choose = async (id: string) => {
    setFailure(undefined);
    await changeBook(shift.community_id, id).then(refresh, setFailure);
  };
  return (
    <Space size={6}>
      <Select
        size="small"
        aria-label={t('desk.book')}
        style={{ minWidth: 150 }}
        value={inUse?.id ?? ''}
        onChange={(id: string) => void choose(id)}
        options={[{ value: '', label: t('desk.electronic') }, ...books.map((book) => ({ value: book.id, label: t('desk.paperBook', { code: book.code, n: book.left_nos ?? 0 }) }))]}
      />
      {inUse && (
        <Button
          size="small"
          type="link"
          onClick={() =>
            setAsk({
              title: t('desk.spoil'),
              text: t('desk.spoilText', { no: `${inUse.code}-${String(inUse.next_no).padStart(8, '0')}` }),
              send: (reason) => spoil(inUse.id, inUse.next_no, reason).then(refresh),
            })
          }
        >
          {t('desk.spoil')}
        </Button>
      )}
      {failure !== undefined && <Failure cause={failure} />}
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
    </Space>
  );
}
