// Package payprovider holds the adapters of payment providers, each behind the port of domain/checkout.
//
// A real provider is one file here and its settings in cmd/steward. What its adapter has to do:
//
//   - Name: the channel of its payments. Add it to money.OnlineChannels, which is what counts as paid online.
//   - Create: send our number as the merchant's order number (out_trade_no), the amount in fen, the notice and return
//     addresses, and the expiry with its zone. Providers answer a repeated number with equal content with the same order; one
//     that refuses it has to be asked with Query first. Give the address that opens the provider on a phone and, for a desk,
//     the content of the code.
//   - Query, Close, Refund, QueryRefund: map the provider's words to the states of the port. "No such order" is Unknown,
//     never an error. A business refusal is *checkout.Denied with the provider's own code; a timeout, a broken connection, a
//     5xx or a rate limit is any other error and means that nothing is known.
//   - ParseNotice: verify before reading anything. WeChat Pay v3 signs "timestamp\nnonce\nbody\n" with its platform key
//     (headers Wechatpay-Timestamp, -Nonce, -Signature, -Serial) and seals the resource with AES-256-GCM under the API v3
//     key; Alipay signs the sorted form fields with RSA2. Refuse a timestamp more than five minutes away. Check that the
//     merchant's id and the app's id are ours. Leave the comparison of the amount to the store, which knows the order.
//   - The answer to a notice is 204; where a provider wants words in the body (Alipay: "success"), the adapter's route has to
//     write them.
//   - Keys come from configuration with a -file sibling, are never logged, and rotate: accept the old platform key until the
//     provider has stopped using it.
//   - Every call takes the context's deadline; the client has no retries of its own.
package payprovider
