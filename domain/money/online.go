package money

import "slices"

// FromOrder marks a payment that a payment provider has collected for an order of ours; its id is the order's.
const FromOrder = "pay_order"

// OnlineChannels are the channels of the payment providers that report to Steward by themselves: what came through one of
// them was paid online, whatever the method, and nothing else was. The adapter of a provider adds its name here; the share
// paid online and the refunds that go back by themselves are read by this list.
var OnlineChannels = []string{"sandbox"}

// Online tells whether payments of a channel count as paid online.
func Online(channel string) bool { return slices.Contains(OnlineChannels, channel) }
