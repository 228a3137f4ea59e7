import type { ThemeConfig } from 'antd';

/** The fonts of the reader's own system, Chinese ones named. */
export const fonts = "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

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
    colorPrimaryBg: '#e6f1ef',
    colorPrimaryBgHover: '#d6e8e5',
    colorPrimaryBorder: '#9ccac3',
    controlItemBgActive: '#e6f1ef',
    controlItemBgActiveHover: '#d6e8e5',
    controlOutline: 'rgba(31, 111, 104, 0.14)',
    colorSuccessBg: '#ebf6ed',
    colorSuccessBorder: '#b4dabc',
    colorInfoBg: '#ebf3fb',
    colorInfoBorder: '#b5d1ee',
    colorBgLayout: '#f4f5f3',
    colorTextBase: '#1d2624',
    borderRadius: 6,
    fontFamily: fonts,
  },
  components: {
    Layout: { siderBg: '#ffffff', headerBg: '#ffffff', headerHeight: 56, headerPadding: '0 20px' },
    Menu: { itemBorderRadius: 6, activeBarBorderWidth: 0 },
    Table: { headerBg: '#fafbfa', cellPaddingBlock: 11 },
    Button: { primaryShadow: 'none', dangerShadow: 'none', defaultShadow: 'none' },
    Card: { headerFontSize: 15 },
  },
};
