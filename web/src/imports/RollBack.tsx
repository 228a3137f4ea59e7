import { UndoOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Modal } from 'antd';
import { useState } from 'react';
import type { ImportJob } from '../api/model';
import { Problem } from '../api/problem';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { rollBack } from './data';

/** What was built on an import since, as the service names it. */
interface Standing {
  what: string;
  count: number;
}

/** Takes an import back as a whole, after asking; where something stands on it, that is shown. */
export function RollBack({ job }: { job: ImportJob }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const standing = failure instanceof Problem && Array.isArray(failure.body.standing) ? (failure.body.standing as Standing[]) : [];

  const close = () => {
    setOpen(false);
    setFailure(undefined);
  };
  const send = async () => {
    setSending(true);
    setFailure(undefined);
    try {
      queries.setQueryData(['import', job.id], await rollBack(job.id));
      // What was taken back may stand in any list.
      void queries.invalidateQueries();
      void message.success(t('imports.rollBackDone'));
      close();
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };

  return (
    <>
      <Button icon={<UndoOutlined />} onClick={() => setOpen(true)}>
        {t('imports.rollBack')}
      </Button>
      <Modal
        open={open}
        title={t('imports.rollBackTitle')}
        okText={t('imports.rollBack')}
        cancelText={t('common.cancel')}
        okButtonProps={{ danger: true, loading: sending, disabled: standing.length > 0 }}
        onOk={() => void send()}
        onCancel={close}
        maskClosable={false}
      >
        <p>{t('imports.rollBackText', { created: job.created, updated: job.updated })}</p>
        {failure !== undefined && <Failure cause={failure} />}
        {standing.length > 0 && (
          <div style={{ marginTop: 12 }} data-testid="standing">
            {t('imports.standing')}
            <ul className="notice-list">
              {standing.map((one, i) => (
                <li key={i}>{t('imports.standingLine', { what: one.what, count: one.count })}</li>
              ))}
            </ul>
          </div>
        )}
      </Modal>
    </>
  );
}
