package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"centrala"
	"centrala/channels"
	"centrala/watch"
)

// metrics answers Prometheus: each stage of a message's way, read from the rooms when asked.
func (p *Program) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), figures{p})
	h := promhttp.HandlerFor(registry, promhttp.HandlerOpts{Timeout: 10 * time.Second})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.trusted(r) {
			http.Error(w, "metrics are read from the networks in http.metrics_from", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// figures collects the rooms' own counters.
type figures struct{ p *Program }

// Describe implements prometheus.Collector; the figures are only known when collected.
func (figures) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (f figures) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	f.accepted(out)
	f.committed(ctx, out)
	f.published(ctx, out)
	f.sockets(out)
	f.help(out)
	f.lines(out)
	f.posted(ctx, out)
	for name, of := range f.p.parts(ctx) {
		gauge(out, "centrala_ready", "Whether a part is ready, as /readyz says.", truth(of.err == nil), label{"part", name})
	}
}

func (f figures) accepted(out chan<- prometheus.Metric) {
	for way, d := range f.p.doors {
		spread(out, "centrala_accept_seconds", "Time from taking words in until they are on disk, or refused.", d.took.Read(), label{"way", way}, label{"outcome", "kept"})
		spread(out, "centrala_accept_seconds", "Time from taking words in until they are on disk, or refused.", d.tookRefused.Read(), label{"way", way}, label{"outcome", "refused"})
	}
	gauge(out, "centrala_requests", "Requests that are being worked on.", float64(f.p.requests.inside.Load()))
	count(out, "centrala_requests_refused_total", "Requests refused because too many were being worked on.", f.p.requests.refused.Load())
}

func (f figures) committed(ctx context.Context, out chan<- prometheus.Metric) {
	s, err := f.p.db.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("centrala_store", "The store's figures.", nil, nil), err)
	}
	count(out, "centrala_store_commits_total", "Group commits.", s.Transactions)
	count(out, "centrala_store_operations_total", "Operations in them.", s.Operations)
	count(out, "centrala_store_replays_total", "Batches that were replayed one by one.", s.Replays)
	count(out, "centrala_store_refused_total", "Operations that the writer did not take in time.", s.Refused)
	count(out, "centrala_fuses_total", "Fuses that blew: a sender or an inbox whose mail looks like a loop.", s.Fuses)
	spread(out, "centrala_store_batch", "Operations in a group commit.", s.Batch)
	spread(out, "centrala_store_commit_seconds", "Time that a group commit took, its listeners included.", s.Commit)
	gauge(out, "centrala_store_queue", "Operations that wait for the next commit.", float64(s.Queue))
	gauge(out, "centrala_store_marks", "Publish marks that wait for the next commit.", float64(s.Marks))
	count(out, "centrala_store_marks_forgotten_total", "Publish marks that found no room; the sweep makes them again.", s.Forgotten)
	f.p.tally.each(func(kind string, n uint64) {
		count(out, "centrala_events_total", "Events committed on this node.", n, label{"type", kind})
	}, func(state string, n uint64) {
		count(out, "centrala_delivery_updates_total", "Changes of deliveries committed on this node.", n, label{"state", state})
	})
	if err != nil {
		return // the rest was asked from the database
	}
	gauge(out, "centrala_outbox", "Events not yet marked as published.", float64(s.Outbox))
	gauge(out, "centrala_outbox_age_seconds", "Age of the oldest of them.", s.OldestUnpublished.Seconds())
	gauge(out, "centrala_dead_letters", "Events that were given up and wait for a person.", float64(s.DeadLetters))
	for _, state := range []centrala.DeliveryState{centrala.DeliveryQueued, centrala.DeliveryLeased, centrala.DeliveryHandingOver} {
		gauge(out, "centrala_deliveries", "Deliveries that are not over.", float64(s.Deliveries[state]), label{"state", string(state)})
	}
	gauge(out, "centrala_delivery_age_seconds", "For how long the oldest delivery has been due.", s.OldestDue.Seconds())
}

func (f figures) published(ctx context.Context, out chan<- prometheus.Metric) {
	s, err := f.p.bus.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("centrala_stream", "The stream's figures.", nil, nil), err)
	}
	var published, duplicates, spilled uint64
	queued := 0
	for _, l := range s.Lanes {
		published, duplicates, spilled, queued = published+l.Published, duplicates+l.Duplicates, spilled+l.Spilled, queued+l.Queued
	}
	count(out, "centrala_stream_published_total", "Events put on the stream.", published)
	count(out, "centrala_stream_duplicates_total", "Of these, events that it had already.", duplicates)
	count(out, "centrala_stream_spilled_total", "Events left to the sweep because a lane was full.", spilled)
	count(out, "centrala_stream_swept_total", "Events that the sweep published.", s.Swept)
	spread(out, "centrala_stream_seconds", "Time from an event's making until it is on the stream.", s.Stored)
	for way, n := range map[string]uint64{"said": s.Said, "heard": s.Heard, "dropped": s.Dropped} {
		count(out, "centrala_fleeting_total", "What nodes tell each other and nobody stores.", n, label{"way", way})
	}
	gauge(out, "centrala_stream_queue", "Events waiting to be published.", float64(queued))
	count(out, "centrala_live_seen_total", "Events of other nodes shown to this node's sockets.", s.LiveSeen)
	count(out, "centrala_live_lost_total", "Events of other nodes dropped because they came too fast; the hub reads them from the log.", s.LiveLost)
	for name, g := range s.Groups {
		count(out, "centrala_work_handled_total", "Events handled.", g.Handled, label{"group", name})
		count(out, "centrala_work_retried_total", "Second and third tries.", g.Retried, label{"group", name})
		count(out, "centrala_work_buried_total", "Dead letters.", g.Buried, label{"group", name})
		spread(out, "centrala_work_seconds", "Time from an event's making until it is handled.", g.Took, label{"group", name})
		if err == nil {
			gauge(out, "centrala_work_lag", "Events that no node has handled yet.", float64(g.Lag), label{"group", name})
		}
	}
}

func (f figures) sockets(out chan<- prometheus.Metric) {
	s := f.p.gateway.Stats()
	gauge(out, "centrala_sockets", "Open sockets.", float64(s.Visitors), label{"who", "visitor"})
	gauge(out, "centrala_sockets", "Open sockets.", float64(s.Staff), label{"who", "agent"})
	gauge(out, "centrala_sockets", "Open sockets.", float64(max(s.Sockets-s.Visitors-s.Staff, 0)), label{"who", "unknown"})
	gauge(out, "centrala_hub_topics", "Conversations that the hub follows.", float64(s.Topics))
	gauge(out, "centrala_hub_queue", "Commits and events that wait to be shown to sockets.", float64(s.Waiting))
	count(out, "centrala_hub_lost_total", "Of these, those that found no room and were read from the log.", uint64(s.Lost))
	count(out, "centrala_frames_total", "Frames.", uint64(s.FramesIn), label{"way", "in"})
	count(out, "centrala_frames_total", "Frames.", uint64(s.FramesOut), label{"way", "out"})
	count(out, "centrala_frames_refused_total", "Frames answered with an error.", uint64(s.RefusedFrames))
	count(out, "centrala_sockets_refused_total", "Sockets refused at the door.", uint64(s.RefusedSockets))
	for code, n := range s.Closed {
		count(out, "centrala_sockets_closed_total", "Sockets closed, by code.", uint64(n), label{"code", strconv.Itoa(code)})
	}
}

func (f figures) lines(out chan<- prometheus.Metric) {
	for _, h := range f.p.board.Lines() {
		of := []label{{"inbox", h.Inbox.String()}, {"way", h.Way}}
		gauge(out, "centrala_line_working", "Whether a door's line works.", truth(h.State == channels.Working), of...)
		gauge(out, "centrala_line_behind", "Messages fetched or due but not yet done.", float64(h.Behind), of...)
		gauge(out, "centrala_line_lag_seconds", "Age of the oldest of those.", float64(h.Lag), of...)
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

type label struct{ name, value string }

func metric(out chan<- prometheus.Metric, kind prometheus.ValueType, name, help string, v float64, labels []label) {
	var names, values []string
	for _, l := range labels {
		names, values = append(names, l.name), append(values, l.value)
	}
	out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, v, values...)
}

func gauge(out chan<- prometheus.Metric, name, help string, v float64, labels ...label) {
	metric(out, prometheus.GaugeValue, name, help, v, labels)
}

func count(out chan<- prometheus.Metric, name, help string, v uint64, labels ...label) {
	metric(out, prometheus.CounterValue, name, help, float64(v), labels)
}

func spread(out chan<- prometheus.Metric, name, help string, d watch.Distribution, labels ...label) {
	var names, values []string
	for _, l := range labels {
		names, values = append(names, l.name), append(values, l.value)
	}
	out <- prometheus.MustNewConstHistogram(prometheus.NewDesc(name, help, names, nil), d.Count, d.Sum, d.AtMost, values...)
}
