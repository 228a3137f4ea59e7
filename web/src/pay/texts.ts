/** Texts of the page on which residents pay without signing in: [zh, en]. */
const texts = {
  title: ['物业缴费', 'Pay property fees'],
  payer: ['缴费人', 'Payer'],
  choose: ['请选择要缴的账单', 'Choose the bills to pay'],
  all: ['全选', 'All'],
  due: ['应缴日期 {date}', 'Due {date}'],
  overdue: ['已逾期', 'Overdue'],
  lateFee: ['含违约金 {amount}', 'Includes late fee {amount}'],
  total: ['合计', 'Total'],
  pay: ['去支付', 'Pay'],
  starting: ['正在发起支付…', 'Starting the payment…'],
  slow: ['支付渠道暂时没有应答，请稍候，页面会自动继续。', 'The payment provider has not answered yet. Please wait, the page goes on by itself.'],
  nothing: ['没有需要缴纳的账单', 'Nothing is owed'],
  nothingHint: ['您已缴清全部账单，谢谢。', 'All bills are paid. Thank you.'],
  invalid: ['链接无法使用', 'This link cannot be used'],
  failed: ['支付没有发起成功，请稍后重试，或到物业服务中心办理。', 'The payment could not be started. Please try again later, or pay at the office.'],
  offline: ['网络不通，请检查网络后重试。', 'No connection. Please check the network and try again.'],
  retry: ['重试', 'Try again'],
  loading: ['正在打开…', 'Opening…'],
  waiting: ['正在确认支付结果…', 'Confirming the payment…'],
  waitingHint: ['如果您已经付款，请稍等片刻，不要重复支付。', 'If you have paid, please wait a moment and do not pay again.'],
  paid: ['支付成功', 'Paid'],
  receipt: ['收据号 {no}', 'Receipt {no}'],
  closed: ['订单已关闭', 'The order is closed'],
  closedHint: ['没有收到付款。如需缴费，请重新发起。', 'No payment was received. Start again to pay.'],
  again: ['返回账单', 'Back to the bills'],
  elsewhere: ['请回到原来的页面查看支付结果，已支付的款项会自动入账。', 'Go back to the page you came from for the result. What was paid is booked by itself.'],
  keep: ['请勿把此链接转发给他人。', 'Do not pass this link on.'],
} as const satisfies Record<string, readonly [string, string]>;

const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem('steward.language');

/** Whether the page is in Chinese: as chosen in this browser, else by the browser's own language. */
export const inChinese = stored ? stored !== 'en' : !/^en\b/i.test(navigator.language);

/** The text of a key, with {placeholders} filled. */
export function text(key: keyof typeof texts, values: Record<string, string> = {}): string {
  return texts[key][inChinese ? 0 : 1].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
