import { Button, Card } from 'antd';
import { useTexts } from '../i18n';
import { useImport } from './data';
import { ImportOutcome } from './ImportOutcome';

/** The last step: the import itself. One that could not be done leads back to the columns. */
export function ResultStep({ id, retry }: { id: string; retry: () => void }) {
  const { t } = useTexts();
  const { data: job } = useImport(id);
  return (
    <Card>
      <ImportOutcome key={id} id={id} />
      {job?.status === 'failed' && (
        <div className="assistant-foot">
          <Button type="primary" onClick={retry}>
            {t('imports.backToColumns')}
          </Button>
        </div>
      )}
    </Card>
  );
}
