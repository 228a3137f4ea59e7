import { createContext, useContext } from 'react';
import { accounts } from './accounts';
import { billing } from './billing';
import { campaigns } from './campaigns';
import { cases } from './cases';
import { corrections } from './corrections';
import { desk } from './desk';
import { finance } from './finance';
import { fees } from './fees';
import { importResults } from './importResults';
import { imports } from './imports';
import { ledgers } from './ledgers';
import { metering } from './metering';
import { onlinePayment } from './onlinePayment';
import { phone } from './phone';
import { receiptBooks } from './receiptBooks';
import { shell } from './shell';

/** The languages of the console; a dictionary entry holds the texts in this order. */
export const languages = ['zh', 'en'] as const;
export type Language = (typeof languages)[number];

const texts = { ...shell, ...accounts, ...billing, ...campaigns, ...cases, ...corrections, ...desk, ...imports, ...importResults, ...ledgers, ...metering, ...onlinePayment, ...phone, ...receiptBooks, ...finance, ...fees };
export type TextKey = keyof typeof texts;
export type Values = Record<string, string | number>;

const storageKey = 'steward.language';
let current: Language = readLanguage();

function readLanguage(): Language {
  const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem(storageKey);
  return stored === 'en' ? 'en' : 'zh';
}

/** The language in force. */
export function language(): Language {
  return current;
}

/** Puts a language in force and remembers it in this browser. */
export function keepLanguage(next: Language): void {
  current = next;
  localStorage.setItem(storageKey, next);
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
}

/** The text of a key in the language in force, with {placeholders} filled. */
export function translate(key: TextKey, values: Values = {}): string {
  const text = texts[key][languages.indexOf(current)] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text for a code of the service, such as a status or reason; an unknown code is shown as it is. */
export function label(group: string, code: string | undefined | null): string {
  if (!code) return '—';
  const key = `${group}.${code}`;
  return key in texts ? translate(key as TextKey) : code;
}

export const LanguageContext = createContext<{ language: Language; choose: (next: Language) => void }>({
  language: current,
  choose: keepLanguage,
});

/** Gives a component its texts and draws it again when the language changes. */
export function useTexts() {
  const { language: lang, choose } = useContext(LanguageContext);
  return { t: translate, label, language: lang, choose };
}
