import { useMutation } from '@tanstack/react-query';
import { App, Button, Modal, Typography } from 'antd';
import { messageOf } from '../api/problem';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { makePayLink } from './data';

/** Makes a link by which a debtor pays without signing in, and shows it this once. */
export function PayLinkButton({ debtorId, communityId }: { debtorId: string; communityId?: string }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const make = useMutation({ mutationFn: () => makePayLink(debtorId, communityId), onError: (cause) => void message.error(messageOf(cause)) });
  return (
    <>
      <Button loading={make.isPending} onClick={() => make.mutate()}>
        {t('payLink.make')}
      </Button>
      <Modal open={make.data !== undefined} title={t('payLink.make')} onCancel={() => make.reset()} footer={<Button onClick={() => make.reset()}>{t('common.close')}</Button>}>
        <p>{t('payLink.made')}</p>
        <Typography.Paragraph copyable className="wrap-anywhere" data-testid="pay-link">
          {make.data?.url ?? ''}
        </Typography.Paragraph>
        <p className="muted">{t('payLink.until', { time: dateTime(make.data?.expires_at) })}</p>
      </Modal>
    </>
  );
}
