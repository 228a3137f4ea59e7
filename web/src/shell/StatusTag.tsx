import { Tag } from 'antd';
import { useTexts } from '../i18n';

const colours: Record<string, string> = {
  running: 'processing',
  starting: 'processing',
  selecting: 'processing',
  open: 'processing',
  sending: 'processing',
  queued: 'default',
  scheduled: 'default',
  paused: 'warning',
  parked: 'warning',
  held: 'warning',
  unknown: 'warning',
  needs_attention: 'error',
  failed: 'error',
  paid: 'success',
  delivered: 'success',
  done: 'success',
  finished: 'success',
  sent: 'success',
};

/** A status as a coloured word; `group` names the dictionary group of its codes. */
export function StatusTag({ group, status }: { group: 'campaignStatus' | 'caseStatus' | 'messageStatus' | 'importStatus' | 'payOrderStatus'; status: string }) {
  const { label } = useTexts();
  const colour = group === 'caseStatus' && status === 'finished' ? 'default' : (colours[status] ?? 'default');
  return (
    <Tag color={colour} data-status={status} style={{ marginInlineEnd: 0 }}>
      {label(group, status)}
    </Tag>
  );
}
