import { Form, Select } from 'antd';
import type { SheetView } from '../api/model';
import { useTexts } from '../i18n';

const automatic = '';

/** The choice of the sheet to read, where the file has several. `clear` tells that it is known which are read. */
export function SheetChoice({ sheets, clear, value, choose }: { sheets: SheetView[]; clear: boolean; value: string | undefined; choose: (sheet: string | undefined) => void }) {
  const { t } = useTexts();
  if (sheets.length < 2) return null;
  const used = sheets.filter((sheet) => sheet.used).map((sheet) => sheet.name);
  const unused = sheets.filter((sheet) => !sheet.used).map((sheet) => sheet.name);
  return (
    <Form.Item
      layout="vertical"
      label={t('imports.sheet')}
      htmlFor="import-sheet"
      extra={clear && used.length > 0 && unused.length > 0 ? t('imports.sheetsOthers', { n: unused.length, names: unused.join('、') }) : undefined}
      style={{ maxWidth: 460, marginBottom: 18 }}
    >
      <Select
        id="import-sheet"
        value={value ?? automatic}
        onChange={(sheet) => choose(sheet === automatic ? undefined : sheet)}
        options={[
          { value: automatic, label: clear && used.length > 0 && !value ? `${t('imports.sheetAuto')}（${used.join('、')}）` : t('imports.sheetAuto') },
          ...sheets.map((sheet) => ({
            value: sheet.name,
            label: [sheet.name, sheet.looks_like_title, t('imports.sheetRows', { n: sheet.rows })].filter(Boolean).join(' · '),
          })),
        ]}
      />
    </Form.Item>
  );
}
