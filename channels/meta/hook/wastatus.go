package hook

import (
	"cmp"
	"encoding/json"
	"fmt"

	"centrala"
	"centrala/channels/meta/graph"
)

// waStatus is what became of a message of ours.
type waStatus struct {
	ID              text  `json:"id"`
	Status          text  `json:"status"`
	Timestamp       stamp `json:"timestamp"`
	Recipient       text  `json:"recipient_id"`
	RecipientUserID text  `json:"recipient_user_id"`
	Mark            text  `json:"biz_opaque_callback_data"`
	Errors          list  `json:"errors"`
}

// status reads what became of a message. A voice message that was played was read.
func (r *reading) status(raw json.RawMessage, at string) {
	r.told("statuses")
	var s waStatus
	if !r.decode(raw, &s, at) {
		return
	}
	if s.ID == "" {
		r.bad("no-id", at)
		return
	}
	in := r.item(centrala.KindDelivery, centrala.WhatsApp, "", s.Timestamp.Time, r.hook.At)
	w := waContact{WaID: s.Recipient, UserID: s.RecipientUserID}
	if BusinessScoped(string(s.Recipient)) {
		w = waContact{UserID: cmp.Or(s.RecipientUserID, s.Recipient)}
	}
	w.address(&in)
	in.ExternalID = fmt.Sprintf("status:%s:%s", s.ID, s.Status)
	in.About = &centrala.About{ID: string(s.ID), Ours: ours(string(s.Mark))}
	switch s.Status {
	case "sent":
		in.About.State = centrala.DeliveryHandedOver
	case "delivered":
		in.About.State = centrala.Delivered
	case "read", "played":
		in.Kind, in.About.State = centrala.KindRead, centrala.DeliveryRead
	case "failed":
		in.About.State = centrala.DeliveryFailed
		in.About.Reason, in.About.Cause = r.failure(s.Errors)
	default:
		r.skip("status " + string(s.Status))
		return
	}
	r.put(in)
}

// failure is why a message failed, by the first of its errors.
func (r *reading) failure(errors list) (string, centrala.BounceCause) {
	for _, raw := range errors {
		var e graph.Error
		if json.Unmarshal(raw, &e) == nil && e.Code != 0 {
			return e.Sentence(), e.Verdict(0).Cause
		}
	}
	return "Meta does not say why", ""
}
