import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BackPage } from './BackPage';
import { DebtsPage } from './DebtsPage';
import { inChinese, text } from './texts';
import './pay.css';

// A page of its own, small and without the console's parts: it is opened on phones, by people who have no login.
document.documentElement.lang = inChinese ? 'zh-CN' : 'en';
document.title = text('title');
const [, , first = '', second = ''] = location.pathname.split('/');
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>{first === 'back' ? <BackPage orderId={second} /> : <DebtsPage token={first} />}</StrictMode>,
);
