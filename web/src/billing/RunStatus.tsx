import { Tag } from 'antd';
import { useTexts } from '../i18n';

const colours: Record<string, string> = { computing: 'processing', ready: 'warning', issuing: 'processing', issued: 'success', voiding: 'processing', needs_attention: 'error' };

/** A run's status as a coloured word. */
export function RunStatus({ status }: { status: string }) {
  const { label } = useTexts();
  return (
    <Tag color={colours[status] ?? 'default'} data-status={status} style={{ marginInlineEnd: 0 }}>
      {label('billingStatus', status)}
    </Tag>
  );
}
