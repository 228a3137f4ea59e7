import { Button } from 'antd';
import { useTexts } from '../i18n';

/** Switches between Chinese and English. */
export function LanguageButton() {
  const { t, language, choose } = useTexts();
  return (
    <Button type="text" size="small" onClick={() => choose(language === 'zh' ? 'en' : 'zh')}>
      {t('language.switch')}
    </Button>
  );
}
