import { FileExcelOutlined, InboxOutlined } from '@ant-design/icons';
import { Alert, Button, Spin, Upload } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';
import { FileRefused, holdFile, sizeOf, type HeldFile } from './heldFile';

/** The choice of a file. It is read into memory at once; one that can not be read is refused here. */
export function FileChoice({ value, choose }: { value: HeldFile | undefined; choose: (file: HeldFile | undefined) => void }) {
  const { t, label } = useTexts();
  const [reading, setReading] = useState(false);
  const [fault, setFault] = useState<string>();

  const take = async (file: File) => {
    setReading(true);
    setFault(undefined);
    try {
      choose(await holdFile(file));
    } catch (cause) {
      choose(undefined);
      setFault(cause instanceof FileRefused ? cause.fault : 'unreadable');
    }
    setReading(false);
  };

  if (value) {
    return (
      <div className="held-file" data-testid="held-file">
        <FileExcelOutlined />
        <div className="held-name">
          <strong>{value.name}</strong> <span className="muted figures">{sizeOf(value.size)}</span>
          <div className="muted">{t('imports.fileHeld')}</div>
        </div>
        <Button size="small" aria-label={t('imports.fileRemove')} onClick={() => choose(undefined)}>
          {t('imports.fileOther')}
        </Button>
      </div>
    );
  }
  return (
    <>
      <Spin spinning={reading} tip={t('imports.fileReading')}>
        <Upload.Dragger
          accept=".xlsx,.csv"
          showUploadList={false}
          maxCount={1}
          beforeUpload={(file) => {
            void take(file);
            return false;
          }}
        >
          <InboxOutlined style={{ fontSize: 28, color: '#1f6f68' }} />
          <div style={{ margin: '6px 0 2px' }}>{t('imports.dropFile')}</div>
          <div className="muted">{t('imports.fileHint')}</div>
        </Upload.Dragger>
      </Spin>
      {fault && <Alert style={{ marginTop: 10 }} type="error" showIcon role="alert" message={label('imports.fault', fault)} />}
    </>
  );
}
