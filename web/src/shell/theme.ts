import type { ThemeConfig } from 'antd';

/** One calm accent on warm greys; state is said by colour and word together. */
export const theme: ThemeConfig = {
  cssVar: true,
  hashed: false,
  token: {
    colorPrimary: '#1f6f68',
    colorInfo: '#2b6cb0',
    colorLink: '#1f6f68',
    colorSuccess: '#3f8f4f',
    colorWarning: '#c27a12',
    colorError: '#c0392b',
    colorBgLayout: '#f4f5f3',
    colorTextBase: '#1d2624',
    borderRadius: 6,
    fontFamily: "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif",
  },
  components: {
    Layout: { siderBg: '#ffffff', headerBg: '#ffffff', headerHeight: 56, headerPadding: '0 20px' },
    Menu: { itemBorderRadius: 6, activeBarBorderWidth: 0 },
    Table: { headerBg: '#fafbfa', cellPaddingBlock: 11 },
    Card: { headerFontSize: 15 },
  },
};
